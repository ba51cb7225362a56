/** Where the keyboard is at work. Its places are found by their ids. */

/** The id of the messages of the open conversation. */
export const THREAD = "thread-log";

/** The id of the field of the composer. */
export const FIELD = "composer-text";

/** Milliseconds for which a message is marked that was brought into sight. */
const FLASH = 1600;

/** Whether an element belongs to the composer: its field, its modes, its buttons. */
export const inComposer = (element: Element | null): boolean =>
  document.getElementById(FIELD)?.closest("form")?.contains(element) ?? false;

/** Into the field, where letters are text. */
export function focusField(): void {
  document.getElementById(FIELD)?.focus();
}

/** Into the open conversation, where letters are shortcuts. */
export function focusThread(): void {
  document.getElementById(THREAD)?.focus({ preventScroll: true });
}

/** A message into the middle of what is on the screen; it is marked for a moment. */
export function bringIntoSight(id: string): void {
  const target = document.querySelector<HTMLElement>(`[data-message="${CSS.escape(id)}"]`);
  target?.scrollIntoView({ block: "center" });
  // No class: those are written again when the message before it comes.
  target?.toggleAttribute("data-flash", true);
  setTimeout(() => target?.toggleAttribute("data-flash", false), FLASH);
}

/** Onto the row of a conversation; whether it is in the list. */
export function focusRow(id: string): boolean {
  const row = document.querySelector<HTMLElement>(`a.row[data-conversation="${CSS.escape(id)}"]`);
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
  return row !== null;
}
