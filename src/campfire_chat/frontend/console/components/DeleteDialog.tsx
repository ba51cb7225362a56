import { useEffect } from "preact/hooks";
import { text } from "../messages";
import { deleteMessage } from "../state/desk";
import { deleting } from "../state/overlay";
import { thread } from "../state/thread";
import { Modal } from "./Modal";

/** Asks before a message is gone for everybody. */
export function DeleteDialog() {
  const id = deleting.value;
  const message = id && thread.value?.messages.value.get(id);
  const gone = !message || message.deleted_at !== null;
  // Deleted in another tab, for example: a dialog that is not there must not hold the shortcuts.
  useEffect(() => {
    if (gone) deleting.value = null;
  }, [gone]);
  if (gone) return null;
  const close = () => (deleting.value = null);
  return (
    <Modal label={text.removeTitle} name="confirm" onClose={close}>
      <h2>{text.removeTitle}</h2>
      <p>{message.visibility === "internal" ? text.removeNoteHelp : text.removeHelp}</p>
      <blockquote>{message.body}</blockquote>
      <p class="modal-actions">
        <button type="button" class="button" onClick={close}>
          {text.cancel}
        </button>
        <button
          type="button"
          class="button primary danger"
          onClick={() => {
            close();
            void deleteMessage(message.id);
          }}
        >
          {text.remove}
        </button>
      </p>
    </Modal>
  );
}
