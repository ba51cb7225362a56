import { text as common } from "../ui/strings";
import { text } from "./strings";
import { helpOpen } from "./overlay";
import { keysOf } from "./keys";
import { shortcutGroups } from "./shortcuts";
import { Icon } from "../ui/Icon";
import { Modal } from "../ui/Modal";

/** Every shortcut at a glance. */
export function Help() {
  if (!helpOpen.value) return null;
  const close = () => (helpOpen.value = false);
  return (
    <Modal label={text.keys.title} name="help" onClose={close}>
      <header>
        <h2>{text.keys.title}</h2>
        <button type="button" class="icon-button" aria-label={common.close} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="help-groups">
        {shortcutGroups().map(({ title, shortcuts }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {shortcuts.map(({ label, keys }) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>
                    {keys.map((key, index) => (
                      <span key={key}>
                        {index > 0 && <span class="or"> {text.keys.or} </span>}
                        {keysOf(key).map((part) => (
                          <kbd key={part}>{part}</kbd>
                        ))}
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
