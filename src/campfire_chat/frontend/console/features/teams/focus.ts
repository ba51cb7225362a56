import { openDialog } from "../../shell/overlay";
import { createListFocus } from "../../ui/listFocus";
import { EDIT, NEW, REMOVE } from "./names";
import { mayManage } from "./teams";

/** The id of the list. */
export const LIST = "teams-list";

export const focus = createListFocus(LIST, "data-team");
export const moveFocus = focus.move;

function withFocused(kind: string): boolean {
  const id = focus.focused();
  if (!id || !mayManage()) return false;
  openDialog(kind, id);
  return true;
}

export const editFocused = (): boolean => withFocused(EDIT);
export const removeFocused = (): boolean => withFocused(REMOVE);

export function create(): boolean {
  if (mayManage()) openDialog(EDIT, NEW);
  return mayManage();
}
