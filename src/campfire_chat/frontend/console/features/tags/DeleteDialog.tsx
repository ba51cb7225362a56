import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { act } from "./act";
import { text } from "./strings";
import { remove, tags } from "./tags";

/** Asks before a tag is gone. */
export function DeleteDialog({ subject }: { subject: string }) {
  const tag = tags.value.find(({ id }) => id === subject);
  useClosedWhen(!tag);
  if (!tag) return null;
  const title = text.removeTitle(tag.name);
  return (
    <Modal label={title} name="confirm" onClose={closeDialog}>
      <h2>{title}</h2>
      <p>{text.removeHelp(tag.conversations)}</p>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.cancel}
        </button>
        <button
          type="button"
          class="button primary danger"
          onClick={() => void act(() => remove(subject), text.removed, text.failed.remove)}
        >
          {text.remove}
        </button>
      </p>
    </Modal>
  );
}
