import type { ComponentChildren } from "preact";
import { canManage } from "../../shell/permissions";
import { menuOpenIn, toggleMenu } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";

interface Props {
  label: string;
  kind: string;
  readOnly?: boolean;
  children: ComponentChildren;
}

/** One property of the conversation that a menu changes. */
export function Property({ label, kind, readOnly = false, children }: Props) {
  return (
    <div class="property">
      <dt>{label}</dt>
      <dd>
        {canManage.value && !readOnly ? (
          <button
            type="button"
            class="property-button"
            data-menu={kind}
            aria-haspopup="listbox"
            aria-expanded={menuOpenIn(kind, ".details")}
            onClick={(event) => toggleMenu(kind, event.currentTarget)}
          >
            <span class="hidden">{label}: </span>
            {children}
            <Icon name="down" size={13} />
          </button>
        ) : (
          children
        )}
      </dd>
    </div>
  );
}
