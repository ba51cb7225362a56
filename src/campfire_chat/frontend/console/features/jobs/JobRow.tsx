import type { JobRecord } from "../../../common/types";
import { now } from "../../shell/clock";
import { openDialog } from "../../shell/overlay";
import { fullTime, moment } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { DROP } from "./focus";
import { busy, retry } from "./jobs";
import { text } from "./strings";

/** When something of the job happens or has happened. */
function told({ parked_at, due_at, created_at }: JobRecord): [at: string, said: string] {
  const said = (at: string) => moment(at, now.value);
  if (parked_at) return [parked_at, text.parked(said(parked_at))];
  if (due_at) return [due_at, text.due(said(due_at))];
  return [created_at, text.created(said(created_at))];
}

/** One job, and what can be done with it. */
export function JobRow({ job }: { job: JobRecord }) {
  const { id, kind, state, attempts, error } = job;
  const [at, said] = told(job);
  const waits = busy.value.has(id);
  return (
    <li class="job" data-job={id} tabIndex={0} aria-busy={waits}>
      <span class={`job-state ${state}`}>{text.states[state]}</span>
      <div class="job-main">
        <h2>{kind}</h2>
        {error && <p class="job-error">{error}</p>}
        <p class="job-facts">
          <span>{text.attempts(attempts)}</span>
          <time dateTime={at} title={fullTime(at)}>
            {said}
          </time>
          <code>{id}</code>
        </p>
      </div>
      {state === "parked" && (
        <p class="job-actions">
          <button type="button" class="button" disabled={waits} onClick={() => void retry(id)}>
            <Icon name="refresh" size={16} />
            {text.retry}
          </button>
          <button
            type="button"
            class="button danger-text"
            disabled={waits}
            onClick={() => openDialog(DROP, id)}
          >
            {text.drop}
          </button>
        </p>
      )}
    </li>
  );
}
