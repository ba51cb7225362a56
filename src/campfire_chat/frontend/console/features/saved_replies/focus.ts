import { openDialog } from "../../shell/overlay";
import { EDIT, NEW, REMOVE } from "./names";
import { mayCreate, mayEdit, replies } from "./replies";

/** The ids of the list and of its search. */
export const LIST = "saved-replies-list";
export const SEARCH = "saved-replies-search";

const rows = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>(`#${LIST} [data-saved-reply]`),
];

/** The saved reply in which the focus is. */
export const focused = (): string | null =>
  document.activeElement?.closest<HTMLElement>("[data-saved-reply]")?.dataset["savedReply"] ?? null;

export function focusReply(id: string): void {
  const row = rows().find(({ dataset }) => dataset["savedReply"] === id);
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** To the saved reply below or above; the arrows of a control are its own. */
export function moveFocus(step: 1 | -1, { target }: KeyboardEvent): boolean {
  if (target instanceof HTMLElement && target.closest("nav")) return false;
  const list = rows().map(({ dataset }) => dataset["savedReply"] ?? "");
  const from = list.indexOf(focused() ?? "");
  const next = from < 0 ? list[0] : list[from + step];
  if (next) focusReply(next);
  return true;
}

function withFocused(kind: string): boolean {
  const record = replies.peek().find(({ id }) => id === focused());
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
