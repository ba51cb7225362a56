import { openDialog } from "../../shell/overlay";
import { path } from "../../shell/router";
import { PATH, sendTest, webhooks } from "./webhooks";

/** The names of the dialogs. */
export const FORM = "webhook-form";
export const ROTATE = "webhook-rotate";
export const REMOVE = "webhook-remove";
/** Marks a row that the keys go through. */
export const ROW = "data-hook-row";

/** The webhook that is shown; null for the list. */
export const shownId = (): string | null =>
  path.value[0] === PATH ? (path.value[1] ?? null) : null;

/** To the row below or above. */
export function moveFocus(step: 1 | -1, { target }: KeyboardEvent): boolean {
  if (target instanceof HTMLElement && target.closest("nav")) return false;
  const rows = [...document.querySelectorAll<HTMLElement>(`[${ROW}]`)];
  const from = rows.findIndex((row) => row.contains(document.activeElement));
  const next = from < 0 ? rows[0] : rows[from + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

export function create(): boolean {
  openDialog(FORM, "");
  return true;
}

export function testShown(): boolean {
  const id = shownId();
  const shown = webhooks.peek().find((known) => known.id === id);
  if (!shown || shown.state !== "active") return false;
  void sendTest(shown.id);
  return true;
}
