import { announce, closeDialog, toast, useClosedWhen } from "../../shell/overlay";
import { reason } from "../../shell/session";
import { Modal } from "../../ui/Modal";
import { remove, teams } from "./teams";
import { text } from "./strings";

async function act(id: string): Promise<void> {
  closeDialog();
  try {
    await remove(id);
    toast(text.removed);
  } catch (error) {
    const told = text.failed.why(text.failed.remove, reason(error));
    toast(told, { urgent: true });
    announce(told);
  }
}

/** Asks before a team is gone. */
export function DeleteDialog({ subject }: { subject: string }) {
  const team = teams.value.find(({ id }) => id === subject);
  useClosedWhen(!team);
  if (!team) return null;
  return (
    <Modal label={text.removeTitle} name="confirm" onClose={closeDialog}>
      <h2>{text.removeTitle}</h2>
      <p>{text.removeHelp}</p>
      <blockquote dir="auto">{team.name}</blockquote>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.cancel}
        </button>
        <button type="button" class="button primary danger" onClick={() => void act(subject)}>
          {text.remove}
        </button>
      </p>
    </Modal>
  );
}
