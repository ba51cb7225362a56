import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isBlank } from "../../../common/text";
import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { redactMessage } from "./changes";
import { text } from "./strings";
import { thread } from "./thread";

/** Asks what of a message is to be gone for good. */
export function RedactDialog({ subject }: { subject: string }) {
  const message = thread.value?.messages.value.get(subject);
  const field = useRef<HTMLTextAreaElement>(null);
  const [part, setPart] = useState(message?.body ?? "");
  const gone = !message || message.deleted_at !== null;
  useClosedWhen(gone);
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = `${Math.min(area.scrollHeight + 2, 240)}px`;
    area.select();
  }, []);
  if (gone) return null;
  return (
    <Modal label={text.redact.title} name="redact" onClose={closeDialog}>
      <h2>{text.redact.title}</h2>
      <p>{text.redact.help}</p>
      <label>
        <span>{text.redact.field}</span>
        <textarea
          ref={field}
          dir="auto"
          value={part}
          onInput={(event) => setPart(event.currentTarget.value)}
        />
      </label>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.cancel}
        </button>
        <button
          type="button"
          class="button primary danger"
          disabled={isBlank(part)}
          onClick={() => {
            closeDialog();
            void redactMessage(message.id, part === message.body ? null : part);
          }}
        >
          {text.redact.remove}
        </button>
      </p>
    </Modal>
  );
}
