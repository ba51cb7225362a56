import { focusComposer } from "./composer";
import { canWrite } from "./core";
import { assignToMe, toggleResolved } from "./desk";
import { toggleDetails } from "./details";
import { wide } from "./appearance";
import { anythingOpen, closeMenu, helpOpen, menu, openMenu, paletteOpen } from "./overlay";
import { go, openId, route } from "./route";

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

/** Moves the focus in the list, from the focused row or the open one. */
export function moveInList(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("a.row")];
  if (!rows.length) return;
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  const open = rows.findIndex((row) => row.dataset["conversation"] === openId.peek());
  const from = focused >= 0 ? focused : open;
  const next = from < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, from + step));
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
}

function back(): void {
  const { conversation, details } = route.peek();
  if (details && !wide.peek()) return go(conversation, false, true);
  const row = document.querySelector<HTMLElement>('a.row[aria-current="true"]');
  if (conversation) go(null);
  row?.focus();
}

/** What a key does on its own; true when it did something. */
function act(key: string): boolean {
  const id = openId.peek();
  switch (key) {
    case "j":
      moveInList(1);
      return true;
    case "k":
      moveInList(-1);
      return true;
    case "/": {
      const field = document.getElementById("filter");
      if (!field?.getClientRects().length) return false;
      field.focus();
      return true;
    }
    case "?":
      helpOpen.value = true;
      return true;
    case "Escape":
      back();
      return true;
  }
  if (!id) return false;
  if (key === "d") {
    toggleDetails();
    return true;
  }
  if (!canWrite.peek()) return false;
  switch (key) {
    case "r":
      focusComposer("reply");
      return true;
    case "n":
      focusComposer("note");
      return true;
    case "a":
      openMenu("assign");
      return true;
    case "i":
      assignToMe(id);
      return true;
    case "e":
      toggleResolved(id);
      return true;
    case "s":
      openMenu("snooze");
      return true;
    case "p":
      openMenu("priority");
      return true;
    case "t":
      openMenu("tags");
      return true;
  }
  return false;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (menu.peek()) closeMenu({ refocus: false });
    if (!helpOpen.peek()) paletteOpen.value = !paletteOpen.peek();
    return;
  }
  if (command || event.altKey || anythingOpen() || inField(event.target)) return;
  const onRow = event.target instanceof HTMLElement && event.target.matches("a.row, body");
  if (onRow && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    moveInList(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (act(key)) event.preventDefault();
}

export function listenToKeys(): void {
  window.addEventListener("keydown", onKeyDown);
}
