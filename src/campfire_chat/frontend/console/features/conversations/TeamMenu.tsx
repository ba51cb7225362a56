import { text as common } from "../../ui/strings";
import { closeMenu } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { Picker, type Option } from "../../ui/Picker";
import { phase, teams } from "../teams/teams";
import { giveToTeam, summaryOf } from "./changes";
import { text } from "./strings";

const NO_TEAM = "";

/** Which team the conversation belongs to. */
export function TeamMenu({ conversation }: { conversation: string }) {
  const chosen = summaryOf(conversation)?.team?.id ?? null;
  const options: Option[] = teams.value.map(({ id, name, description }) => ({
    key: id,
    label: name,
    detail: description,
    mark: <Icon name="team" size={16} />,
    selected: id === chosen,
  }));
  options.push({
    key: NO_TEAM,
    label: text.noTeam,
    mark: <Icon name="unassigned" size={16} />,
    selected: chosen === null,
  });
  return (
    <Picker
      id="team"
      label={text.team}
      search={text.findTeam}
      options={options}
      none={phase.value === "ready" ? common.noMatch : text.loadingTeams}
      onPick={(key) => {
        closeMenu();
        giveToTeam(conversation, key || null);
      }}
    />
  );
}
