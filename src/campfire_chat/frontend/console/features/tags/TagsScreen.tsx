import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../../ui/Icon";
import { useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { SearchField } from "../../ui/SearchField";
import { useCounts } from "./counts";
import { find } from "./find";
import { create, focus, LIST, moveFocus, SEARCH } from "./focus";
import { text } from "./strings";
import { TagRow } from "./TagRow";
import { load, mayCreate, phase, problem, tags } from "./tags";

export { create, editFocused, mergeFocused, moveFocus, removeFocused, search } from "./focus";

const typed = signal("");

/** All tags with their use: to find, to create, to change, to merge and to delete. */
export function Screen() {
  const shown = find(tags.value, typed.value);
  const ids = shown.map(({ id }) => id);
  const list = useListFocus(focus, ids);

  // The numbers are of the time when they were loaded.
  useEffect(() => void load(), []);
  useCounts();

  const empty = tags.value.length ? text.empty.none : text.empty;
  return (
    <main class="page tags-page" id="screen" tabIndex={-1}>
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
      <SearchField
        id={SEARCH}
        label={text.searchHere}
        typed={typed}
        onDown={(event) => moveFocus(1, event)}
      />
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
        empty={phase.value === "ready" && !shown.length ? empty : null}
      >
        <ul
          class="tag-list"
          id={LIST}
          {...list}
          data-home
          tabIndex={-1}
          aria-label={text.title}
        >
          {shown.map((tag) => (
            <TagRow key={tag.id} tag={tag} />
          ))}
        </ul>
      </ListState>
    </main>
  );
}
