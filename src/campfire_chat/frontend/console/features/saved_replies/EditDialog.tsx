import { useEffect, useState } from "preact/hooks";
import { isBlank } from "../../../common/text";
import type { SavedReplyRecord } from "../../../common/types";
import { closeDialog, toast, useClosedWhen } from "../../shell/overlay";
import { reason } from "../../shell/session";
import { Modal } from "../../ui/Modal";
import { useRefusal } from "../../ui/refusal";
import { NEW } from "./names";
import { ensure, mayShare, mayWrite, phase, replies, save, type Writing } from "./replies";
import { text } from "./strings";
import { NAMES, unknownIn } from "./variables";

const { fields } = text;
const FIELDS = ["shortcut", "title", "body"] as const;

/** Writes a new saved reply, or another text for one. */
export function EditDialog({ subject }: { subject: string }) {
  useEffect(ensure, []);
  const record = replies.value.find(({ id }) => id === subject);
  const gone = subject !== NEW && phase.value === "ready" && !record;
  useClosedWhen(gone);
  if (subject !== NEW && !record) return null;
  return <Form key={subject} record={record ?? null} />;
}

function Form({ record }: { record: SavedReplyRecord | null }) {
  const title = record ? text.editTitle : text.create;
  const [writing, setWriting] = useState<Writing>({
    shortcut: record?.shortcut ?? "",
    title: record?.title ?? "",
    body: record?.body ?? "",
    shared: record ? record.owner_id === null : mayShare(),
  });
  const refusal = useRefusal("reply", FIELDS);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Writing>) => {
    setWriting({ ...writing, ...part });
    refusal.clear();
  };
  const unknown = unknownIn(writing.body);
  const complete = ![writing.shortcut, writing.title, writing.body].some(isBlank);

  const submit = async () => {
    if (!complete || busy) return;
    setBusy(true);
    try {
      await save(record?.id ?? null, writing);
      closeDialog();
      toast(record ? text.saved : text.created);
    } catch (error) {
      setBusy(false);
      refusal.refuse(error, text.failed.why(text.failed.save, reason(error)));
    }
  };
  return (
    <Modal label={title} name="saved-reply-dialog" onClose={closeDialog}>
      <form
        ref={refusal.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
        }}
      >
        <h2>{title}</h2>
        {refusal.told && (
          <p class="saved-reply-refused" id="reply-refused" role="alert">
            {refusal.told}
          </p>
        )}
        <label for="reply-shortcut">{fields.shortcut}</label>
        <span class="saved-reply-shortcut">
          <span aria-hidden="true">{"/"}</span>
          <input
            id="reply-shortcut"
            type="text"
            autoFocus
            autoComplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={writing.shortcut}
            aria-invalid={refusal.isWrong("shortcut")}
            aria-describedby={refusal.describedBy("shortcut", "reply-shortcut-help")}
            onInput={(event) => change({ shortcut: event.currentTarget.value })}
          />
        </span>
        <p class="saved-reply-help" id="reply-shortcut-help">
          {fields.shortcutHelp}
        </p>
        <label for="reply-title">{fields.title}</label>
        <input
          id="reply-title"
          type="text"
          dir="auto"
          autoComplete="off"
          value={writing.title}
          aria-invalid={refusal.isWrong("title")}
          aria-describedby={refusal.describedBy("title")}
          onInput={(event) => change({ title: event.currentTarget.value })}
        />
        <label for="reply-body">{fields.body}</label>
        <textarea
          id="reply-body"
          rows={6}
          dir="auto"
          value={writing.body}
          aria-invalid={refusal.isWrong("body")}
          aria-describedby={refusal.describedBy("body", "reply-variables")}
          onInput={(event) => change({ body: event.currentTarget.value })}
        />
        <p class="saved-reply-unknown" role="status" hidden={!unknown.length}>
          {unknown.length > 0 && text.unknown(unknown)}
        </p>
        <div class="saved-reply-help" id="reply-variables">
          <p>{fields.variables}</p>
          <p class="saved-reply-names">
            {NAMES.map((name) => (
              <code key={name}>{`{{${name}}}`}</code>
            ))}
          </p>
          <p>
            {fields.fallback} <code>{fields.fallbackExample}</code>
          </p>
        </div>
        <fieldset>
          <legend>{fields.whose}</legend>
          <label>
            <input
              type="radio"
              name="whose"
              checked={writing.shared}
              disabled={!mayShare()}
              onChange={() => change({ shared: true })}
            />
            {fields.everybody}
          </label>
          <label>
            <input
              type="radio"
              name="whose"
              checked={!writing.shared}
              disabled={!mayWrite()}
              onChange={() => change({ shared: false })}
            />
            {fields.onlyMe}
          </label>
          {!mayShare() && <p class="saved-reply-help">{fields.everybodyHelp}</p>}
        </fieldset>
        <p class="modal-actions">
          <button type="button" class="button" onClick={closeDialog}>
            {text.cancel}
          </button>
          <button type="submit" class="button primary" disabled={!complete} aria-busy={busy}>
            {text.save}
          </button>
        </p>
      </form>
    </Modal>
  );
}
