import { openDialog } from "../../shell/overlay";
import { jobs, retry } from "./jobs";

/** The names of the list and of the dialog. */
export const LIST = "jobs-list";
export const DROP = "drop-job";

const rowOf = (id: string): HTMLElement | null =>
  document.querySelector(`#${LIST} [data-job="${CSS.escape(id)}"]`);

/** The job in which the focus is. */
export const focused = (): string | null =>
  document.activeElement?.closest<HTMLElement>("[data-job]")?.dataset["job"] ?? null;

export function focusJob(id: string): void {
  const row = rowOf(id);
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** To the job below or above; the arrows of a control are its own. */
export function moveFocus(step: 1 | -1, { target }: KeyboardEvent): boolean {
  if (target instanceof HTMLElement && target.closest("nav")) return false;
  const ids = jobs.peek().map(({ id }) => id);
  const from = ids.indexOf(focused() ?? "");
  const next = from < 0 ? ids[0] : ids[from + step];
  if (next) focusJob(next);
  return true;
}

const parked = (id: string | null): string | null =>
  jobs.peek().find((job) => job.id === id && job.state === "parked")?.id ?? null;

export function retryFocused(): boolean {
  const id = parked(focused());
  if (id) void retry(id);
  return id !== null;
}

export function dropFocused(): boolean {
  const id = parked(focused());
  if (id) openDialog(DROP, id);
  return id !== null;
}
