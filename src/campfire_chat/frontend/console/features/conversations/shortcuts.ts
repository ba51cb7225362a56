import { text } from "./strings";
import { wide } from "../../shell/appearance";
import { openDialog, openMenu, toast } from "../../shell/overlay";
import type { Shortcut, ShortcutGroup } from "../../shell/registry";
import { canManage, may } from "../../shell/permissions";
import type { Mode } from "../drafts/drafts";
import { focusComposer, modes } from "../messages/composer";
import { focusRow } from "../messages/focus";
import { goToContact } from "../contacts/route";
import { assignToMe, summaryOf, toggleResolved } from "./changes";
import { mayFollow } from "./transitions";
import { toggleDetails } from "./details";
import { holdForKey, neighbour } from "./held";
import { startFinding } from "../search/inThread";
import { takeNext } from "./queue";
import { go, openId, route } from "./route";

/** A resolved conversation has nothing to put away. */
function openSnooze(id: string): void {
  if (mayFollow("snoozed", summaryOf(id)?.status)) openMenu("snooze");
  else toast(text.reopenFirst);
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

/** By letter everywhere, by arrow in the list only: elsewhere the arrows scroll. */
function moveBy(step: 1 | -1, key: string, { target }: KeyboardEvent): boolean {
  if (key === "J" || key === "K") move(step);
  else if (target instanceof HTMLElement && target.matches("a.row, body")) moveInList(step);
  else return false;
  return true;
}

function back(): boolean {
  const { conversation, details } = route.peek();
  if (!conversation) return true;
  if (details && !wide.peek()) go(conversation, false, true);
  else {
    go(null);
    focusRow(conversation);
  }
  return true;
}

function focusFilter(): boolean {
  const field = document.getElementById("filter");
  if (!field?.getClientRects().length) return false;
  field.focus();
  return true;
}

/** Does something with the open conversation; `reading`: whoever may only read may do it too. */
const withOpen =
  (act: (id: string) => unknown, { reading = false } = {}): NonNullable<Shortcut["run"]> =>
  () => {
    const id = openId.peek();
    if (!id || !(reading || canManage.peek())) return false;
    act(id);
    return true;
  };

function showContact(): boolean {
  const id = openId.peek();
  const contact = id && summaryOf(id)?.contact.id;
  if (!contact || !may("contacts.read")) return false;
  goToContact(contact);
  return true;
}

const writeAs = (mode: Mode): NonNullable<Shortcut["run"]> => () => {
  if (!openId.peek() || !modes.peek().includes(mode)) return false;
  focusComposer(mode);
  return true;
};

const { keys } = text;

export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    title: keys.groups.move,
    shortcuts: [
      {
        label: keys.next,
        keys: ["J", "↓"],
        repeats: true,
        run: (key, event) => moveBy(1, key, event),
      },
      {
        label: keys.previous,
        keys: ["K", "↑"],
        repeats: true,
        run: (key, event) => moveBy(-1, key, event),
      },
      { label: keys.open, keys: ["Enter"] },
      {
        label: keys.take,
        keys: ["W"],
        run() {
          void takeNext();
          return true;
        },
      },
      { label: keys.back, keys: ["Esc"], repeats: true, run: back },
      { label: keys.find, keys: ["/"], run: focusFilter },
      { label: keys.findHere, keys: ["F"], run: startFinding },
      { label: keys.newest, keys: ["End"] },
    ],
  },
  {
    title: keys.groups.act,
    shortcuts: [
      { label: keys.assign, keys: ["A"], run: withOpen(() => openMenu("assign")) },
      { label: keys.assignMe, keys: ["I"], run: withOpen(assignToMe) },
      { label: keys.resolve, keys: ["E"], run: withOpen(toggleResolved) },
      { label: keys.snooze, keys: ["S"], run: withOpen(openSnooze) },
      { label: keys.priority, keys: ["P"], run: withOpen(() => openMenu("priority")) },
      { label: keys.team, keys: ["M"], run: withOpen(() => may("teams.read") && openMenu("team")) },
      { label: keys.tags, keys: ["T"], run: withOpen(() => openMenu("tags")) },
      { label: keys.details, keys: ["D"], run: withOpen(toggleDetails, { reading: true }) },
      {
        label: keys.history,
        keys: ["H"],
        run: withOpen((id) => may("history.read") && openDialog("history", id), { reading: true }),
      },
      { label: keys.contact, keys: ["C"], run: showContact },
    ],
  },
  {
    title: keys.groups.write,
    shortcuts: [
      { label: keys.reply, keys: ["R"], run: writeAs("reply") },
      { label: keys.note, keys: ["N"], run: writeAs("note") },
      { label: keys.leave, keys: ["Esc"] },
      { label: keys.send, keys: ["Enter", "Mod+Enter"] },
      { label: keys.sendResolve, keys: ["Mod+Shift+Enter"] },
      { label: keys.newline, keys: ["Shift+Enter"] },
      { label: keys.bold, keys: ["Mod+B"] },
      { label: keys.italic, keys: ["Mod+I"] },
      { label: keys.switch, keys: ["Mod+."] },
      { label: keys.undo, keys: ["Mod+Z"] },
      { label: keys.editLast, keys: ["↑"] },
    ],
  },
];
