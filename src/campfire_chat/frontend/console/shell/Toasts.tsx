import { text } from "./strings";
import { announcement, dismiss, toasts } from "./overlay";
import { Icon } from "../ui/Icon";

/** What has just happened, for the eye below and for screen readers. */
export function Toasts() {
  return (
    <div class="toasts">
      <div class="hidden" role="status">
        {announcement.value}
      </div>
      <div role="status" class="toast-list">
        {toasts.value.map(({ id, body, urgent, action }) => (
          <div key={id} class={urgent ? "toast urgent" : "toast"}>
            {urgent && <Icon name="alert" size={16} />}
            <span>{body}</span>
            {action && (
              <button
                type="button"
                class="link-button"
                onClick={() => {
                  dismiss(id);
                  action.run();
                }}
              >
                {action.label}
              </button>
            )}
            <button
              type="button"
              class="icon-button"
              aria-label={text.toast.dismiss}
              onClick={() => dismiss(id)}
            >
              <Icon name="close" size={14} />
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}
