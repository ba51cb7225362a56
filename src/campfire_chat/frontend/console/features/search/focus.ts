import { createListFocus } from "../../ui/listFocus";

/** The ids of the hits and of the field. */
export const LIST = "search-hits";
export const FIELD = "search-field";

export const focus = createListFocus(LIST, "data-hit");
export const moveFocus = focus.move;

export function focusField(): boolean {
  const field = document.getElementById(FIELD);
  field?.focus();
  return Boolean(field);
}
