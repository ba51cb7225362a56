import { useState } from "preact/hooks";
import { me } from "../../shell/session";
import { agents, known } from "../agents/team";
import { Avatar } from "../../ui/Avatar";
import { plain } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { text } from "./strings";

const { fields } = text;

interface Props {
  members: ReadonlySet<string>;
  describedBy: string | undefined;
  onChange: (members: ReadonlySet<string>) => void;
}

/** Who is in the team: a box for each agent, and a field that narrows them. */
export function Members({ members, describedBy, onChange }: Props) {
  const [typed, setTyped] = useState("");
  const wanted = plain(typed.trim());
  const found = [...agents.value]
    .sort((a, b) => a.name.localeCompare(b.name))
    .filter(({ name }) => plain(name).includes(wanted));
  const toggle = (id: string) => {
    const next = new Set(members);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <fieldset aria-describedby={describedBy}>
      <legend>{fields.members}</legend>
      <label class="picker-search">
        <Icon name="search" size={15} />
        <input
          id="team-members"
          type="search"
          aria-label={fields.find}
          placeholder={fields.find}
          autoComplete="off"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            // It only narrows: Enter does not save.
            if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
          }}
        />
      </label>
      <div class="team-choices" tabIndex={-1}>
        {found.map(({ id, name, avatar_url }) => (
          <label key={id}>
            <input type="checkbox" checked={members.has(id)} onChange={() => toggle(id)} />
            <Avatar id={id} name={name} url={avatar_url} size="small" />
            <bdi>{id === me.value?.id ? text.you(name) : name}</bdi>
          </label>
        ))}
        {!found.length && (
          <p class="team-help">{known.value ? fields.none : fields.loading}</p>
        )}
      </div>
      <p class="team-help" role="status">
        {fields.chosen(members.size)}
      </p>
    </fieldset>
  );
}
