import { useEffect } from "preact/hooks";
import { text as common } from "../../ui/strings";
import { closeMenu } from "../../shell/overlay";
import { me } from "../../shell/session";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";
import { Picker, type Option } from "../../ui/Picker";
import { known, loadTeam, team as colleagues } from "../agents/team";
import { insert } from "../messages/insertion";
import { teams } from "../teams/teams";
import { pick } from "./mentions";
import { text } from "./strings";

/** Finds an agent or a team, and puts the name where the cursor is. */
export function MentionMenu() {
  useEffect(() => {
    if (!known.peek()) void loadTeam();
  }, []);
  const options: Option[] = [
    ...colleagues.value
      .filter(({ id }) => id !== me.value?.id)
      .map(({ id, name, avatar_url, availability }) => ({
        key: id,
        label: name,
        hint: common.availability[availability],
        mark: (
          <Avatar id={id} name={name} url={avatar_url} size="small" availability={availability} />
        ),
      })),
    ...teams.value.map(({ id, name }) => ({
      key: id,
      label: name,
      hint: text.team,
      mark: <Icon name="team" size={16} />,
    })),
  ];
  return (
    <Picker
      id="mentions"
      label={text.title}
      search={text.find}
      options={options}
      none={known.value ? text.none : text.loading}
      onPick={(key) => {
        const found = options.find((option) => option.key === key);
        if (!found) return;
        closeMenu({ refocus: false });
        pick(found.label, key);
        insert(`@${found.label} `);
      }}
    />
  );
}
