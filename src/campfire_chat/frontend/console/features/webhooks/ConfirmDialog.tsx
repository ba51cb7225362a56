import type { WebhookRecord } from "../../../common/types";
import { closeDialog } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { text } from "./strings";
import { nameOf, remove, rotate } from "./webhooks";

const KINDS = {
  rotate: { title: text.rotateTitle, help: text.rotateHelp, label: text.rotate, run: rotate },
  remove: { title: text.removeTitle, help: text.removeHelp, label: text.remove, run: remove },
};

interface Props {
  kind: keyof typeof KINDS;
  webhook: WebhookRecord;
}

/** Asks before a secret is replaced, or a webhook is gone. */
export function ConfirmDialog({ kind, webhook }: Props) {
  const { title, help, label, run } = KINDS[kind];
  return (
    <Modal label={title} name="confirm" onClose={closeDialog}>
      <h2>{title}</h2>
      <p>{help}</p>
      <blockquote>{nameOf(webhook)}</blockquote>
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.form.cancel}
        </button>
        <button
          type="button"
          class={`button primary ${kind === "remove" ? "danger" : ""}`}
          onClick={() => {
            closeDialog();
            void run(webhook.id);
          }}
        >
          {label}
        </button>
      </p>
    </Modal>
  );
}
