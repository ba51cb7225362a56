import { toast } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { text } from "./strings";
import { secret as shown } from "./webhooks";

const close = () => void (shown.value = null);

/** Shows a secret, which cannot be seen again. */
export function SecretDialog({ secret }: { secret: string }) {
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => toast(text.secret.copied),
      () => toast(text.failed.copy, { urgent: true }),
    );
  return (
    <Modal label={text.secret.title} name="confirm" onClose={close}>
      <h2>{text.secret.title}</h2>
      <p>{text.secret.help}</p>
      <input
        class="hook-secret"
        readOnly
        value={secret}
        aria-label={text.secret.label}
        onFocus={(event) => event.currentTarget.select()}
      />
      <p class="modal-actions">
        <button type="button" class="button" onClick={() => void copy()}>
          {text.secret.copy}
        </button>
        <button type="button" class="button primary" onClick={close}>
          {text.secret.done}
        </button>
      </p>
    </Modal>
  );
}
