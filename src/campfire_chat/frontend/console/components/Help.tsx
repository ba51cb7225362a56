import { text } from "../messages";
import { helpOpen } from "../state/overlay";
import { keysOf, SHORTCUT_GROUPS } from "../state/keys";
import { Icon } from "./Icon";
import { Modal } from "./Modal";

/** Every shortcut at a glance. */
export function Help() {
  if (!helpOpen.value) return null;
  const close = () => (helpOpen.value = false);
  return (
    <Modal label={text.keys.title} name="help" onClose={close}>
      <header>
        <h2>{text.keys.title}</h2>
        <button type="button" class="icon-button" aria-label={text.close} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="help-groups">
        {SHORTCUT_GROUPS.map(({ name, shortcuts }) => (
          <section key={name}>
            <h3>{text.keys.groups[name]}</h3>
            <dl>
              {shortcuts.map(({ label, keys }) => (
                <div key={label}>
                  <dt>{text.keys[label]}</dt>
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
