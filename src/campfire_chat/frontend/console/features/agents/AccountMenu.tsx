import type { Availability } from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { chooseTheme, theme, type Theme } from "../../shell/appearance";
import { may } from "../../shell/permissions";
import { me } from "../../shell/session";
import { closeMenu } from "../../shell/overlay";
import { chooseAvailability, myAvailability, team } from "./team";
import { Avatar } from "../../ui/Avatar";
import { Icon, type IconName } from "../../ui/Icon";
import { Picker } from "../../ui/Picker";

const AVAILABILITIES: readonly Availability[] = ["online", "away", "busy", "offline"];
const THEMES: readonly [Theme, IconName][] = [
  ["light", "sun"],
  ["dark", "moon"],
  ["system", "system"],
];

/** Availability, who else is there, and the appearance. */
export function AccountMenu() {
  const others = team.value.filter(({ id }) => id !== me.value?.id);
  return (
    <>
      <p class="menu-name">{me.value?.name}</p>
      {may("availability.write") && (
        <Picker
          id="availability"
          label={common.setStatus}
          options={AVAILABILITIES.map((name) => ({
            key: name,
            label: common.availability[name],
            hint: text.availabilityHelp[name],
            mark: <span class={`presence-dot ${name}`} />,
            selected: myAvailability.value === name,
          }))}
          onPick={(key) => {
            closeMenu();
            const chosen = AVAILABILITIES.find((name) => name === key);
            if (chosen) void chooseAvailability(chosen);
          }}
        />
      )}
      {others.length > 0 && (
        <>
          <h3>{text.team}</h3>
          <ul class="team" tabIndex={0} aria-label={text.team}>
            {others.map(({ id, name, avatar_url, availability }) => (
              <li key={id}>
                <Avatar
                  id={id}
                  name={name}
                  url={avatar_url}
                  size="small"
                  availability={availability}
                />
                <span>{name}</span>
                <span class="option-hint" aria-hidden="true">
                  {common.availability[availability]}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>{common.theme.label}</h3>
      <div class="segments" role="group" aria-label={common.theme.label}>
        {THEMES.map(([name, icon]) => (
          <button
            key={name}
            type="button"
            aria-pressed={theme.value === name}
            title={common.theme[name]}
            onClick={() => chooseTheme(name)}
          >
            <Icon name={icon} size={15} />
            {name === "system" ? <span class="hidden">{common.theme[name]}</span> : common.theme[name]}
          </button>
        ))}
      </div>
    </>
  );
}
