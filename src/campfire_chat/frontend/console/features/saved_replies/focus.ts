import { openDialog } from "../../shell/overlay";
import { createListFocus } from "../../ui/listFocus";
import { EDIT, NEW, REMOVE } from "./names";
import { mayCreate, mayEdit, replies } from "./replies";

/** The ids of the list and of its search. */
export const LIST = "saved-replies-list";
export const SEARCH = "saved-replies-search";

export const focus = createListFocus(LIST, "data-saved-reply");
export const moveFocus = focus.move;

function withFocused(kind: string): boolean {
  const record = replies.peek().find(({ id }) => id === focus.focused());
  if (!record || !mayEdit(record)) return false;
  openDialog(kind, record.id);
  return true;
}

export const editFocused = (): boolean => withFocused(EDIT);
export const removeFocused = (): boolean => withFocused(REMOVE);

export function create(): boolean {
  if (mayCreate()) openDialog(EDIT, NEW);
  return mayCreate();
}

export function search(): boolean {
  document.getElementById(SEARCH)?.focus();
  return true;
}
