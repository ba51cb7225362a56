import { menuOpenIn, toggleMenu } from "../../shell/overlay";
import { Icon, type IconName } from "../../ui/Icon";

/** A button with only a picture, which opens a menu. */
export function MenuIcon({ kind, icon, label }: { kind: string; icon: IconName; label: string }) {
  return (
    <button
      type="button"
      class="icon-button"
      data-menu={kind}
      aria-haspopup="listbox"
      aria-expanded={menuOpenIn(kind, ".thread-head")}
      aria-label={label}
      title={label}
      onClick={(event) => toggleMenu(kind, event.currentTarget)}
    >
      <Icon name={icon} />
    </button>
  );
}
