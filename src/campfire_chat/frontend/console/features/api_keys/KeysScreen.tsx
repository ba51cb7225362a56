import { useEffect } from "preact/hooks";
import { dialog } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { CreateDialog } from "./CreateDialog";
import { createKey, focus, LIST } from "./focus";
import { KeyRow } from "./KeyRow";
import { CREATE, keys, phase, problem, reload, REVOKE, ROTATE, SECRET } from "./keys";
import { RevokeDialog } from "./RevokeDialog";
import { RotateDialog } from "./RotateDialog";
import { SecretDialog } from "./SecretDialog";
import { text } from "./strings";

export { createKey, moveFocus, revokeFocused, rotateFocused } from "./focus";
export { reload } from "./keys";

/** The API keys of the organisation. */
export function Screen() {
  useEffect(() => void reload(), []);
  const list = useListFocus(
    focus,
    keys.value.map(({ id }) => id),
  );

  const open = dialog.value;
  const loading = phase.value === "loading";
  return (
    <main class="page api-keys" id="screen" tabIndex={-1}>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
        <button type="button" class="button primary" onClick={createKey}>
          <Icon name="plus" size={16} />
          {text.create}
        </button>
      </header>
      <ListState
        isLoading={loading}
        loading={text.loading}
        failed={
          phase.value === "failed"
            ? {
                title: text.failed.load,
                help: problem.value,
                retry: text.reload,
                onRetry: () => void reload(),
              }
            : null
        }
        empty={phase.value === "ready" && !keys.value.length ? text.empty : null}
      >
        <ul class="key-list" id={LIST} {...list} data-home tabIndex={-1} aria-label={text.list}>
          {keys.value.map((apiKey) => (
            <KeyRow key={apiKey.id} apiKey={apiKey} />
          ))}
        </ul>
      </ListState>
      {open?.kind === CREATE && <CreateDialog />}
      {open?.kind === SECRET && <SecretDialog />}
      {open?.kind === ROTATE && <RotateDialog id={open.subject} />}
      {open?.kind === REVOKE && <RevokeDialog id={open.subject} />}
    </main>
  );
}
