import { text } from "../messages";
import { go } from "../state/route";

interface Props {
  title: string;
  help: string;
  action?: string;
  onAction?: () => void;
  toInbox?: boolean;
}

/** Says what is wrong and what can be done. */
export function Notice({ title, help, action, onAction, toInbox }: Props) {
  return (
    <div class="notice" role="alert">
      <h2>{title}</h2>
      <p>{help}</p>
      <p class="notice-actions">
        {action && (
          <button type="button" class="button primary" onClick={onAction}>
            {action}
          </button>
        )}
        {toInbox && (
          <button type="button" class="button" onClick={() => go(null)}>
            {text.toInbox}
          </button>
        )}
      </p>
    </div>
  );
}
