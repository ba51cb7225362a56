import type { TeamRecord } from "../../../common/types";
import { openDialog } from "../../shell/overlay";
import { agents } from "../agents/team";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";
import { EDIT, REMOVE } from "./names";
import { mayManage } from "./teams";
import { text } from "./strings";

/** Faces that are shown; the number beside them says how many there are. */
const MOST_FACES = 6;

/** One team, who is in it, and what can be done with it. */
export function TeamRow({ team }: { team: TeamRecord }) {
  const { id, name, description, members } = team;
  const inside = new Set(members);
  const people = agents.value.filter((agent) => inside.has(agent.id));
  return (
    <li class="team-item" data-team={id} tabIndex={0}>
      <div class="team-main">
        <h2>
          <bdi>{name}</bdi>
        </h2>
        {description && (
          <p class="team-description" dir="auto">
            {description}
          </p>
        )}
        <p class="team-members" title={people.map((agent) => agent.name).join(", ")}>
          <span class="team-faces">
            {people.slice(0, MOST_FACES).map((agent) => (
              <Avatar
                key={agent.id}
                id={agent.id}
                name={agent.name}
                url={agent.avatar_url}
                size="small"
              />
            ))}
          </span>
          {members.length ? text.members(members.length) : text.nobody}
          <span class="hidden">{people.map((agent) => agent.name).join(", ")}</span>
        </p>
      </div>
      {mayManage() && (
        <p class="team-actions">
          <button type="button" class="button" onClick={() => openDialog(EDIT, id)}>
            <Icon name="edit" size={16} />
            {text.edit}
          </button>
          <button type="button" class="button danger-text" onClick={() => openDialog(REMOVE, id)}>
            {text.remove}
          </button>
        </p>
      )}
    </li>
  );
}
