import { text } from "../../messages";
import { me } from "../../state/core";
import { assignTo, summaryOf } from "../../state/desk";
import { closeMenu } from "../../state/overlay";
import { team } from "../../state/team";
import { Avatar } from "../Avatar";
import { Icon } from "../Icon";
import { Picker, type Option } from "../Picker";

const NOBODY = "";

/** Who takes the conversation: oneself first, then colleagues by availability, then nobody. */
export function AssignMenu({ conversation }: { conversation: string }) {
  const assigned = summaryOf(conversation)?.assignee?.id ?? null;
  const self = me.value;
  const agents = team.value.filter(({ role }) => role !== "viewer");
  const sorted = [
    ...agents.filter(({ id }) => id === self?.id),
    ...agents.filter(({ id }) => id !== self?.id),
  ];
  const options: Option[] = sorted.map(({ id, name, avatar_url, availability }) => ({
    key: id,
    label: id === self?.id ? text.assignMe(name) : name,
    hint: text.availability[availability],
    mark: (
      <Avatar id={id} name={name} url={avatar_url} size="small" availability={availability} />
    ),
    selected: id === assigned,
  }));
  options.push({
    key: NOBODY,
    label: text.nobody,
    mark: <Icon name="unassigned" size={16} />,
    selected: assigned === null,
  });
  return (
    <Picker
      id="assign"
      label={text.assignTo}
      search={text.findAgent}
      options={options}
      onPick={(key) => {
        closeMenu();
        assignTo(conversation, key || null);
      }}
    />
  );
}
