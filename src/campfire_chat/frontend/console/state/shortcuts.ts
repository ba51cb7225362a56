import { isComposing } from "../../shared/keyboard";
import { wide } from "./appearance";
import { focusComposer } from "./composer";
import { canWrite } from "./core";
import { assignToMe, toggleResolved } from "./desk";
import { toggleDetails } from "./details";
import { focusRow } from "./focus";
import { holdForKey, neighbour } from "./held";
import { letterOf, noteScript, shortcutOf, type Label } from "./keys";
import { anythingOpen, closeMenu, helpOpen, menu, openMenu, paletteOpen } from "./overlay";
import { takeNext } from "./queue";
import { go, openId, route } from "./route";

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

const focusedRow = (): string | null =>
  document.activeElement?.closest<HTMLElement>("a.row")?.dataset["conversation"] ?? null;

/** Moves the focus in the list, from the focused row or the open one. */
function moveInList(step: 1 | -1): void {
  const next = neighbour(focusedRow() ?? openId.peek(), step);
  holdForKey();
  if (next) focusRow(next);
}

/** To the next conversation: in the list to its row, in a conversation into the next one. */
function move(step: 1 | -1): void {
  const open = openId.peek();
  if (!open || focusedRow()) return moveInList(step);
  const next = neighbour(open, step);
  if (next) go(next);
}

function back(): void {
  const { conversation, details } = route.peek();
  if (!conversation) return;
  if (details && !wide.peek()) return go(conversation, false, true);
  go(null);
  focusRow(conversation);
}

/** What a shortcut does; true when it did something. */
function act(label: Label): boolean {
  const id = openId.peek();
  switch (label) {
    case "next":
      move(1);
      return true;
    case "previous":
      move(-1);
      return true;
    case "take":
      void takeNext();
      return true;
    case "find": {
      const field = document.getElementById("filter");
      if (!field?.getClientRects().length) return false;
      field.focus();
      return true;
    }
    case "help":
      helpOpen.value = true;
      return true;
  }
  if (!id) return false;
  if (label === "details") {
    toggleDetails();
    return true;
  }
  if (!canWrite.peek()) return false;
  switch (label) {
    case "reply":
    case "note":
      focusComposer(label);
      return true;
    case "assign":
    case "snooze":
    case "priority":
    case "tags":
      openMenu(label);
      return true;
    case "assignMe":
      assignToMe(id);
      return true;
    case "resolve":
      toggleResolved(id);
      return true;
  }
  return false;
}

function onKeyDown(event: KeyboardEvent): void {
  noteScript(event);
  if (event.defaultPrevented || isComposing(event)) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.shiftKey && !event.altKey && letterOf(event) === "K") {
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
  if (event.key === "Escape") {
    event.preventDefault();
    back();
    return;
  }
  // A key that is held down must not resolve one conversation after the other.
  const label = shortcutOf(event);
  if (!label || (event.repeat && label !== "next" && label !== "previous")) return;
  if (act(label)) event.preventDefault();
}

export function listenToKeys(): void {
  window.addEventListener("keydown", onKeyDown);
}
