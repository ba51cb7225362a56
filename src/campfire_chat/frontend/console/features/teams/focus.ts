import { openDialog } from "../../shell/overlay";
import { EDIT, NEW, REMOVE } from "./names";
import { mayManage } from "./teams";

/** The id of the list. */
export const LIST = "teams-list";

const rows = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>(`#${LIST} [data-team]`),
];

/** The team in which the focus is. */
export const focused = (): string | null =>
  document.activeElement?.closest<HTMLElement>("[data-team]")?.dataset["team"] ?? null;

export function focusTeam(id: string): void {
  const row = rows().find(({ dataset }) => dataset["team"] === id);
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** To the team below or above; the arrows of a control are its own. */
export function moveFocus(step: 1 | -1, { target }: KeyboardEvent): boolean {
  if (target instanceof HTMLElement && target.closest("nav")) return false;
  const list = rows().map(({ dataset }) => dataset["team"] ?? "");
  const from = list.indexOf(focused() ?? "");
  const next = from < 0 ? list[0] : list[from + step];
  if (next) focusTeam(next);
  return true;
}

function withFocused(kind: string): boolean {
  const id = focused();
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
