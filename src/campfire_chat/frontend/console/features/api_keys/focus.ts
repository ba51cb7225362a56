import { openDialog } from "../../shell/overlay";
import { CREATE, keys, REVOKE, ROTATE } from "./keys";

/** The name of the list. */
export const LIST = "keys-list";

const rowOf = (id: string): HTMLElement | null =>
  document.querySelector(`#${LIST} [data-key="${CSS.escape(id)}"]`);

/** The key in which the focus is. */
const focused = (): string | null =>
  document.activeElement?.closest<HTMLElement>("[data-key]")?.dataset["key"] ?? null;

/** To the key below or above; the arrows of a control are its own. */
export function moveFocus(step: 1 | -1, { target }: KeyboardEvent): boolean {
  if (target instanceof HTMLElement && target.closest("nav")) return false;
  const ids = keys.peek().map(({ id }) => id);
  const from = ids.indexOf(focused() ?? "");
  const next = from < 0 ? ids[0] : ids[from + step];
  if (next) {
    rowOf(next)?.focus();
    rowOf(next)?.scrollIntoView({ block: "nearest" });
  }
  return true;
}

export function createKey(): boolean {
  openDialog(CREATE, "");
  return true;
}

function openFocused(kind: string): boolean {
  const id = focused();
  if (id) openDialog(kind, id);
  return id !== null;
}

export const rotateFocused = (): boolean => openFocused(ROTATE);
export const revokeFocused = (): boolean => openFocused(REVOKE);
