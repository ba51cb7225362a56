import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { focusHome } from "../../ui/focus";
import { Icon } from "../../ui/Icon";
import { ListState } from "../../ui/ListState";
import { find } from "./find";
import { create, focused, focusReply, LIST, moveFocus, SEARCH } from "./focus";
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
  const list = useRef<HTMLUListElement>(null);
  const before = useRef<{ ids: string[]; focused: string | null }>({ ids: [], focused: null });
  const all = replies.value;
  const shown = find(
    all.filter(
      ({ owner_id }) => group.value === "all" || (owner_id === null) === (group.value === "shared"),
    ),
    typed.value,
  );
  const ids = shown.map(({ id }) => id);

  useEffect(ensure, []);

  // Whoever came by the palette or a key goes on in the list.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusHome();
  }, []);

  // The row that had the focus has gone: the next one has it, before the next key.
  useLayoutEffect(() => {
    const { ids: then, focused: left } = before.current;
    if (left && !ids.includes(left) && document.activeElement === document.body) {
      const next = ids[Math.min(then.indexOf(left), ids.length - 1)];
      if (next) focusReply(next);
      else list.current?.focus();
    }
    before.current = { ids, focused: focused() };
  }, [ids.join()]);

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
          ref={list}
          data-home
          tabIndex={-1}
          aria-label={text.list(text.groups[group.value])}
          onFocusIn={() => (before.current.focused = focused())}
          onFocusOut={({ relatedTarget }) => {
            // Gone elsewhere; what is removed loses the focus to nothing.
            if (relatedTarget) before.current.focused = null;
          }}
        >
          {shown.map((record) => (
            <ReplyRow key={record.id} record={record} />
          ))}
        </ul>
      </ListState>
    </main>
  );
}
