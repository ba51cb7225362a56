import { openDialog } from "../../shell/overlay";
import { path } from "../../shell/router";
import { createListFocus } from "../../ui/listFocus";
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

/** Through the rows of whichever list is shown. */
export const moveFocus = createListFocus("screen", ROW).move;

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
