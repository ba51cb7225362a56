import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../../ui/Icon";
import { useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { SearchField } from "../../ui/SearchField";
import { find } from "./find";
import { create, focus, LIST, moveFocus, SEARCH } from "./focus";
import { ensure, load, mayCreate, phase, problem, replies } from "./replies";
import { ReplyRow } from "./ReplyRow";
import { text } from "./strings";

export { create, editFocused, moveFocus, removeFocused, search } from "./focus";

const GROUPS = ["all", "shared", "personal"] as const;
type Group = (typeof GROUPS)[number];

const group = signal<Group>("all");
const typed = signal("");

/** The shared saved replies and the agent's own: to find, to write and to delete. */
export function Screen() {
  const all = replies.value;
  const shown = find(
    all.filter(
      ({ owner_id }) => group.value === "all" || (owner_id === null) === (group.value === "shared"),
    ),
    typed.value,
  );
  const ids = shown.map(({ id }) => id);
  const list = useListFocus(focus, ids);

  useEffect(ensure, []);

  const waiting = phase.value === "idle" || phase.value === "loading";
  const empty = all.length ? text.empty.none : text.empty;
  return (
    <main class="page saved-replies" id="screen" tabIndex={-1}>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
        {mayCreate() && (
          <button type="button" class="button primary" onClick={create}>
            <Icon name="plus" size={16} />
            {text.create}
          </button>
        )}
      </header>
      <div class="saved-replies-tools">
        <SearchField
          id={SEARCH}
          label={text.searchHere}
          typed={typed}
          onDown={(event) => moveFocus(1, event)}
        />
        <div class="segments" role="group" aria-label={text.groupLabel}>
          {GROUPS.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={group.value === name}
              onClick={() => (group.value = name)}
            >
              {text.groups[name]}
            </button>
          ))}
        </div>
      </div>
      <ListState
        isLoading={waiting}
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
        empty={phase.value === "ready" && !shown.length ? empty : null}
      >
        <ul
          class="saved-reply-list"
          id={LIST}
          {...list}
          data-home
          tabIndex={-1}
          aria-label={text.list(text.groups[group.value])}
        >
          {shown.map((record) => (
            <ReplyRow key={record.id} record={record} />
          ))}
        </ul>
      </ListState>
    </main>
  );
}
