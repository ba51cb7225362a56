import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { keys, revoke } from "./keys";
import { text } from "./strings";

/** Asks before a key is gone. */
export function RevokeDialog({ id }: { id: string }) {
  const key = keys.value.find((known) => known.id === id);
  useClosedWhen(!key);
  if (!key) return null;
  return (
    <Modal label={text.revokeTitle(key.name)} name="confirm" onClose={closeDialog}>
      <h2>{text.revokeTitle(key.name)}</h2>
      <p>{text.revokeHelp}</p>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.cancel}
        </button>
        <button
          type="button"
          class="button primary danger"
          onClick={() => {
            closeDialog();
            void revoke(id);
          }}
        >
          {text.revoke}
        </button>
      </p>
    </Modal>
  );
}
