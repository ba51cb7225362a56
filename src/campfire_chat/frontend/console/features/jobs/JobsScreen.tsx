import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { focusHome } from "../../ui/focus";
import { Icon } from "../../ui/Icon";
import { ListState } from "../../ui/ListState";
import { dialog } from "../../shell/overlay";
import { DropDialog } from "./DropDialog";
import { DROP, focused, focusJob, LIST } from "./focus";
import { JobRow } from "./JobRow";
import {
  choose,
  cursor,
  group,
  GROUPS,
  jobs,
  loadMore,
  PAGE,
  phase,
  problem,
  reload,
} from "./jobs";
import { text } from "./strings";

export { dropFocused, moveFocus, retryFocused } from "./focus";
export { reload } from "./jobs";

/** Milliseconds between two looks at the list. No event tells of a job. */
const PERIOD = 15_000;

/** The jobs of the organisation: what failed for good, and what waits. */
export function Screen() {
  const list = useRef<HTMLUListElement>(null);
  const shown = jobs.value;
  const before = useRef<{ ids: string[]; focused: string | null }>({ ids: [], focused: null });

  useEffect(() => {
    void reload();
    const timer = setInterval(() => {
      // More than the first page is looked at by somebody who reads on.
      if (document.visibilityState === "visible" && jobs.peek().length <= PAGE) void reload();
    }, PERIOD);
    return () => clearInterval(timer);
  }, []);

  // Whoever came by the palette or a key goes on in the list.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusHome();
  }, []);

  // The row that had the focus has gone: the next one has it, before the next key.
  useLayoutEffect(() => {
    const { ids, focused: left } = before.current;
    const now = shown.map(({ id }) => id);
    if (left && !now.includes(left) && document.activeElement === document.body) {
      const next = now[Math.min(ids.indexOf(left), now.length - 1)];
      if (next) focusJob(next);
      else list.current?.focus();
    }
    before.current = { ids: now, focused: focused() };
  }, [shown]);

  const waiting = phase.value === "loading";
  const empty = text.empty[group.value];
  return (
    <main class="page jobs" id="screen" tabIndex={-1}>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
        <button
          type="button"
          class="button"
          aria-busy={phase.value === "renewing"}
          onClick={() => void reload()}
        >
          <Icon name="refresh" size={16} />
          {text.refresh}
        </button>
      </header>
      <div class="segments" role="group" aria-label={text.groupLabel}>
        {GROUPS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={group.value === name}
            onClick={() => choose(name)}
          >
            {text.groups[name]}
          </button>
        ))}
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
                onRetry: () => void reload(),
              }
            : null
        }
        empty={phase.value === "ready" && !shown.length ? empty : null}
      >
        <ul
          class="job-list"
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
          {shown.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </ul>
      </ListState>
      {cursor.value && (
        <p class="job-more">
          <button type="button" class="button" onClick={() => void loadMore()}>
            {text.more}
          </button>
        </p>
      )}
      {dialog.value?.kind === DROP && <DropDialog id={dialog.value.subject} />}
    </main>
  );
}
