import { openDialog } from "../../shell/overlay";
import { createListFocus } from "../../ui/listFocus";
import { CREATE, REVOKE, ROTATE } from "./keys";

/** The name of the list. */
export const LIST = "keys-list";

export const focus = createListFocus(LIST, "data-key");
export const moveFocus = focus.move;

export function createKey(): boolean {
  openDialog(CREATE, "");
  return true;
}

function openFocused(kind: string): boolean {
  const id = focus.focused();
  if (id) openDialog(kind, id);
  return id !== null;
}

export const rotateFocused = (): boolean => openFocused(ROTATE);
export const revokeFocused = (): boolean => openFocused(REVOKE);
