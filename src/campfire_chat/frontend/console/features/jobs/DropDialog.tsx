import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { drop, jobs } from "./jobs";
import { text } from "./strings";

/** Asks before a job is gone. */
export function DropDialog({ id }: { id: string }) {
  const job = jobs.value.find((known) => known.id === id);
  useClosedWhen(!job);
  if (!job) return null;
  return (
    <Modal label={text.dropTitle} name="confirm" onClose={closeDialog}>
      <h2>{text.dropTitle}</h2>
      <p>{text.dropHelp}</p>
      <blockquote>{job.kind}</blockquote>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.cancel}
        </button>
        <button
          type="button"
          class="button primary danger"
          onClick={() => {
            closeDialog();
            void drop(id);
          }}
        >
          {text.drop}
        </button>
      </p>
    </Modal>
  );
}
