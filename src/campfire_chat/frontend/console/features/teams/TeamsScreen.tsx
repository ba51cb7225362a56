import { dialog } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { DeleteDialog } from "./DeleteDialog";
import { EditDialog } from "./EditDialog";
import { create, focus, LIST } from "./focus";
import { EDIT, REMOVE } from "./names";
import { load, mayManage, phase, problem, teams } from "./teams";
import { TeamRow } from "./TeamRow";
import { text } from "./strings";

export { create, editFocused, moveFocus, removeFocused } from "./focus";

/** The teams of the organisation, and who is in them. */
export function Screen() {
  const ids = teams.value.map(({ id }) => id);
  const list = useListFocus(focus, ids);

  const open = dialog.value;
  return (
    <main class="page teams" id="screen" tabIndex={-1}>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
        {mayManage() && (
          <button type="button" class="button primary" onClick={create}>
            <Icon name="plus" size={16} />
            {text.create}
          </button>
        )}
      </header>
      <ListState
        isLoading={phase.value === "idle" || phase.value === "loading"}
        loading={text.loading}
        failed={
          phase.value === "failed"
            ? {
                title: text.failed.load,
                help: problem.value,
                retry: text.retry,
                onRetry: () => void load(),
              }
            : null
        }
        empty={phase.value === "ready" && !ids.length ? text.empty : null}
      >
        <ul
          class="team-list"
          id={LIST}
          {...list}
          data-home
          tabIndex={-1}
          aria-label={text.list}
        >
          {teams.value.map((team) => (
            <TeamRow key={team.id} team={team} />
          ))}
        </ul>
      </ListState>
      {open?.kind === EDIT && <EditDialog key={open.subject} subject={open.subject} />}
      {open?.kind === REMOVE && <DeleteDialog subject={open.subject} />}
    </main>
  );
}
