import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { me } from "../../shell/session";
import { assignTo, summaryOf } from "./changes";
import { closeMenu } from "../../shell/overlay";
import { team } from "../agents/team";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";
import { Picker, type Option } from "../../ui/Picker";

const NOBODY = "";

/** Who takes the conversation: oneself first, then colleagues by availability, then nobody. */
export function AssignMenu({ conversation }: { conversation: string }) {
  const assigned = summaryOf(conversation)?.assignee?.id ?? null;
  const self = me.value;
  const agents = team.value.filter(({ assignable }) => assignable);
  const sorted = [
    ...agents.filter(({ id }) => id === self?.id),
    ...agents.filter(({ id }) => id !== self?.id),
  ];
  const options: Option[] = sorted.map(({ id, name, avatar_url, availability }) => ({
    key: id,
    label: id === self?.id ? text.assignMe(name) : name,
    hint: common.availability[availability],
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
