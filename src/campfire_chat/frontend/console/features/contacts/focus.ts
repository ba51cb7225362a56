import { openMenu } from "../../shell/overlay";
import { createListFocus } from "../../ui/listFocus";
import { leaveContact, shownId } from "./route";

/** The ids of the list and of its search, and the name of the menu of columns. */
export const LIST = "contacts-list";
export const SEARCH = "contacts-search";
export const COLUMNS_MENU = "contact-columns";

/** Of the list, and on a contact's page of the conversations. */
export const focus = createListFocus(LIST, "data-contact-row");
export const moveFocus = focus.move;

export function search(): boolean {
  const field = document.getElementById(SEARCH);
  field?.focus();
  return Boolean(field);
}

export function chooseColumns(): boolean {
  if (shownId()) return false;
  openMenu(COLUMNS_MENU);
  return true;
}

/** From a contact to where the agent came from. */
export function back(): boolean {
  const id = shownId();
  if (!id) return false;
  leaveContact();
  // The list is there with the next rendering.
  requestAnimationFrame(() => focus.focus(id));
  return true;
}
