import { openDialog } from "../../shell/overlay";
import { createListFocus } from "../../ui/listFocus";
import { jobs, retry } from "./jobs";

/** The names of the list and of the dialog. */
export const LIST = "jobs-list";
export const DROP = "drop-job";

export const focus = createListFocus(LIST, "data-job");
export const moveFocus = focus.move;

const parked = (id: string | null): string | null =>
  jobs.peek().find((job) => job.id === id && job.state === "parked")?.id ?? null;

export function retryFocused(): boolean {
  const id = parked(focus.focused());
  if (id) void retry(id);
  return id !== null;
}

export function dropFocused(): boolean {
  const id = parked(focus.focused());
  if (id) openDialog(DROP, id);
  return id !== null;
}
