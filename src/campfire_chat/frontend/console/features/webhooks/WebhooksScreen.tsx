import { useEffect, useLayoutEffect } from "preact/hooks";
import { dialog, openDialog } from "../../shell/overlay";
import { focusHome } from "../../ui/focus";
import { Icon } from "../../ui/Icon";
import { ListState } from "../../ui/ListState";
import { ConfirmDialog } from "./ConfirmDialog";
import { FORM, REMOVE, ROTATE, shownId } from "./focus";
import { SecretDialog } from "./SecretDialog";
import { text } from "./strings";
import { WebhookDetail } from "./WebhookDetail";
import { WebhookForm } from "./WebhookForm";
import { WebhookRow } from "./WebhookRow";
import { phase, problem, reload, secret, webhooks } from "./webhooks";

export { create, moveFocus, testShown } from "./focus";
export { reload } from "./webhooks";

/** The webhooks of the organisation, or one of them with its log. */
export function Screen() {
  const id = shownId();
  const shown = webhooks.value.find((known) => known.id === id);

  useEffect(() => void reload(), []);
  // Whoever came by the palette, a key or a link goes on in the list.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusHome();
  }, [id]);

  const open = dialog.value;
  const about = webhooks.value.find((known) => known.id === open?.subject);
  return (
    <main class="page hooks" id="screen" tabIndex={-1}>
      {shown ? <WebhookDetail key={shown.id} webhook={shown} /> : <WebhookList />}
      {open?.kind === FORM && <WebhookForm key={open.subject} webhook={about ?? null} />}
      {open?.kind === ROTATE && about && <ConfirmDialog kind="rotate" webhook={about} />}
      {open?.kind === REMOVE && about && <ConfirmDialog kind="remove" webhook={about} />}
      {secret.value && !open && <SecretDialog secret={secret.value} />}
    </main>
  );
}

function WebhookList() {
  const waiting = phase.value === "loading";
  return (
    <>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
        <button type="button" class="button primary" onClick={() => openDialog(FORM, "")}>
          <Icon name="plus" size={16} />
          {text.create}
        </button>
      </header>
      <ListState
        isLoading={waiting}
        loading={text.loading}
        failed={
          phase.value === "failed"
            ? {
                title: text.failed.load,
                help: problem.value,
                retry: text.retry,
                onRetry: () => void reload(),
              }
            : null
        }
        empty={phase.value === "ready" && !webhooks.value.length ? text.empty : null}
      >
        <ul class="hook-list" data-home tabIndex={-1} aria-label={text.list}>
          {webhooks.value.map((webhook) => (
            <WebhookRow key={webhook.id} webhook={webhook} />
          ))}
        </ul>
      </ListState>
    </>
  );
}
