import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { focusHome } from "../../ui/focus";
import { Icon } from "../../ui/Icon";
import { ListState } from "../../ui/ListState";
import { useCounts } from "./counts";
import { find } from "./find";
import { create, focused, focusTag, LIST, moveFocus, SEARCH } from "./focus";
import { text } from "./strings";
import { TagRow } from "./TagRow";
import { load, mayCreate, phase, problem, tags } from "./tags";

export { create, editFocused, mergeFocused, moveFocus, removeFocused, search } from "./focus";

const typed = signal("");

/** All tags with their use: to find, to create, to change, to merge and to delete. */
export function Screen() {
  const list = useRef<HTMLUListElement>(null);
  const before = useRef<{ ids: string[]; focused: string | null }>({ ids: [], focused: null });
  const shown = find(tags.value, typed.value);
  const ids = shown.map(({ id }) => id);

  // The numbers are of the time when they were loaded.
  useEffect(() => void load(), []);
  useCounts();

  // Whoever came by the palette or a key goes on in the list.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusHome();
  }, []);

  // The row that had the focus has gone: the next one has it, before the next key.
  useLayoutEffect(() => {
    const { ids: then, focused: left } = before.current;
    if (left && !ids.includes(left) && document.activeElement === document.body) {
      const next = ids[Math.min(then.indexOf(left), ids.length - 1)];
      if (next) focusTag(next);
      else list.current?.focus();
    }
    before.current = { ids, focused: focused() };
  }, [ids.join()]);

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
      <label class="picker-search">
        <Icon name="search" size={15} />
        <input
          id={SEARCH}
          type="search"
          aria-label={text.searchHere}
          placeholder={text.searchHere}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") {
              event.preventDefault();
              moveFocus(1, event);
            } else if (event.key === "Escape") {
              event.preventDefault();
              if (typed.value) typed.value = "";
              else list.current?.focus();
            }
          }}
        />
      </label>
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
          ref={list}
          data-home
          tabIndex={-1}
          aria-label={text.title}
          onFocusIn={() => (before.current.focused = focused())}
          onFocusOut={({ relatedTarget }) => {
            // Gone elsewhere; what is removed loses the focus to nothing.
            if (relatedTarget) before.current.focused = null;
          }}
        >
          {shown.map((tag) => (
            <TagRow key={tag.id} tag={tag} />
          ))}
        </ul>
      </ListState>
    </main>
  );
}
