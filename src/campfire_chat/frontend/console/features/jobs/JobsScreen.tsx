import { useEffect } from "preact/hooks";
import { Icon } from "../../ui/Icon";
import { useListFocus } from "../../ui/listFocus";
import { ListState } from "../../ui/ListState";
import { dialog } from "../../shell/overlay";
import { DropDialog } from "./DropDialog";
import { DROP, focus, LIST } from "./focus";
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
  const shown = jobs.value;
  const list = useListFocus(
    focus,
    shown.map(({ id }) => id),
  );

  useEffect(() => {
    void reload();
    const timer = setInterval(() => {
      // More than the first page is looked at by somebody who reads on.
      if (document.visibilityState === "visible" && jobs.peek().length <= PAGE) void reload();
    }, PERIOD);
    return () => clearInterval(timer);
  }, []);

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
          {...list}
          data-home
          tabIndex={-1}
          aria-label={text.list(text.groups[group.value])}
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
