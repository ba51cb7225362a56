import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { Modal } from "../../ui/Modal";
import { fresh } from "./keys";
import { text } from "./strings";

/** Shows the secret of a new key, once. */
export function SecretDialog() {
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const answer = fresh.value;
  useLayoutEffect(() => {
    field.current?.select();
    return () => void (fresh.value = null);
  }, []);
  useClosedWhen(!answer);
  if (!answer) return null;
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(answer.secret);
      setSaid(text.secret.copied);
    } catch {
      // The browser allows it only on pages with https, or not at all.
      setSaid(text.secret.failed);
    }
  };
  return (
    <Modal label={text.secret.title} name="key-form" onClose={closeDialog}>
      <h2>{text.secret.title}</h2>
      <p>{text.secret.help}</p>
      <p class="key-secret">
        <input
          ref={field}
          readOnly
          spellcheck={false}
          aria-label={text.secret.label(answer.key.name)}
          value={answer.secret}
        />
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon name="copy" size={16} />
          {text.secret.copy}
        </button>
      </p>
      <p class="key-said" role="status">
        {said}
      </p>
      <p class="modal-actions">
        <button type="button" class="button primary" onClick={closeDialog}>
          {text.secret.done}
        </button>
      </p>
    </Modal>
  );
}
