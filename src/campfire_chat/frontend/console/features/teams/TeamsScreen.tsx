import { useLayoutEffect, useRef } from "preact/hooks";
import { dialog } from "../../shell/overlay";
import { focusHome } from "../../ui/focus";
import { Icon } from "../../ui/Icon";
import { ListState } from "../../ui/ListState";
import { DeleteDialog } from "./DeleteDialog";
import { EditDialog } from "./EditDialog";
import { create, focused, focusTeam, LIST } from "./focus";
import { EDIT, REMOVE } from "./names";
import { load, mayManage, phase, problem, teams } from "./teams";
import { TeamRow } from "./TeamRow";
import { text } from "./strings";

export { create, editFocused, moveFocus, removeFocused } from "./focus";

/** The teams of the organisation, and who is in them. */
export function Screen() {
  const list = useRef<HTMLUListElement>(null);
  const before = useRef<{ ids: string[]; focused: string | null }>({ ids: [], focused: null });
  const ids = teams.value.map(({ id }) => id);

  // Whoever came by the palette or a key goes on in the list.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusHome();
  }, []);

  // The row that had the focus has gone: the next one has it, before the next key.
  useLayoutEffect(() => {
    const { ids: then, focused: left } = before.current;
    if (left && !ids.includes(left) && document.activeElement === document.body) {
      const next = ids[Math.min(then.indexOf(left), ids.length - 1)];
      if (next) focusTeam(next);
      else list.current?.focus();
    }
    before.current = { ids, focused: focused() };
  }, [ids.join()]);

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
          ref={list}
          data-home
          tabIndex={-1}
          aria-label={text.list}
          onFocusIn={() => (before.current.focused = focused())}
          onFocusOut={({ relatedTarget }) => {
            // Gone elsewhere; what is removed loses the focus to nothing.
            if (relatedTarget) before.current.focused = null;
          }}
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
