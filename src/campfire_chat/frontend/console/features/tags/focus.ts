import { openDialog } from "../../shell/overlay";
import { EDIT, MERGE, NEW, REMOVE } from "./names";
import { mayCreate, mayEdit } from "./tags";

/** The ids of the list and of its search. */
export const LIST = "tags-list-here";
export const SEARCH = "tags-search";

const rows = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>(`#${LIST} [data-tag]`),
];

/** The tag in which the focus is. */
export const focused = (): string | null =>
  document.activeElement?.closest<HTMLElement>("[data-tag]")?.dataset["tag"] ?? null;

export function focusTag(id: string): void {
  const row = rows().find(({ dataset }) => dataset["tag"] === id);
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** To the tag below or above; the arrows of a control are its own. */
export function moveFocus(step: 1 | -1, { target }: KeyboardEvent): boolean {
  if (target instanceof HTMLElement && target.closest("nav")) return false;
  const list = rows().map(({ dataset }) => dataset["tag"] ?? "");
  const from = list.indexOf(focused() ?? "");
  const next = from < 0 ? list[0] : list[from + step];
  if (next) focusTag(next);
  return true;
}

function withFocused(kind: string): boolean {
  const id = focused();
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
