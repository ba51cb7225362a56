import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { me } from "../../shell/session";
import { menu, toggleMenu } from "../../shell/overlay";
import { myAvailability } from "./team";
import { Avatar } from "../../ui/Avatar";

/** Whose console this is and how reachable they are; opens availability, team and appearance. */
export function AccountButton() {
  const self = me.value;
  if (!self) return null;
  const state = common.availability[myAvailability.value];
  return (
    <button
      type="button"
      class="account"
      data-menu="account"
      aria-haspopup="dialog"
      aria-expanded={menu.value?.kind === "account"}
      aria-label={text.myAvailability(state)}
      title={self.name ?? self.id}
      onClick={(event) => toggleMenu("account", event.currentTarget)}
    >
      <Avatar
        id={self.id}
        name={self.name ?? self.id}
        url={self.avatar_url}
        availability={myAvailability.value}
      />
      <span class="account-state" aria-hidden="true">
        {state}
      </span>
    </button>
  );
}
