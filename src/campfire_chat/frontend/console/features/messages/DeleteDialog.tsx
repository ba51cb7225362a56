import { text } from "./strings";
import { deleteMessage } from "./changes";
import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { said } from "./said";
import { thread } from "./thread";
import { Modal } from "../../ui/Modal";

/** Asks before a message is gone for everybody. */
export function DeleteDialog({ subject }: { subject: string }) {
  const message = thread.value?.messages.value.get(subject);
  const gone = !message || message.deleted_at !== null;
  useClosedWhen(gone);
  if (gone) return null;
  return (
    <Modal label={text.removeTitle} name="confirm" onClose={closeDialog}>
      <h2>{text.removeTitle}</h2>
      <p>{message.visibility === "internal" ? text.removeNoteHelp : text.removeHelp}</p>
      <blockquote>{said(message)}</blockquote>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.cancel}
        </button>
        <button
          type="button"
          class="button primary danger"
          onClick={() => {
            closeDialog();
            void deleteMessage(message.id);
          }}
        >
          {text.remove}
        </button>
      </p>
    </Modal>
  );
}
