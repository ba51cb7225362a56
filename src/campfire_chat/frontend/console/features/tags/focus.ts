import { openDialog } from "../../shell/overlay";
import { createListFocus } from "../../ui/listFocus";
import { EDIT, MERGE, NEW, REMOVE } from "./names";
import { mayCreate, mayEdit } from "./tags";

/** The ids of the list and of its search. */
export const LIST = "tags-list-here";
export const SEARCH = "tags-search";

export const focus = createListFocus(LIST, "data-tag");
export const moveFocus = focus.move;

function withFocused(kind: string): boolean {
  const id = focus.focused();
  if (!id || !mayEdit()) return false;
  openDialog(kind, id);
  return true;
}

export const editFocused = (): boolean => withFocused(EDIT);
export const mergeFocused = (): boolean => withFocused(MERGE);
export const removeFocused = (): boolean => withFocused(REMOVE);

export function create(): boolean {
  if (mayCreate()) openDialog(EDIT, NEW);
  return mayCreate();
}

export function search(): boolean {
  document.getElementById(SEARCH)?.focus();
  return true;
}
