import type { text } from "../messages";

type Group = keyof typeof text.keys.groups;
export type Label = Exclude<keyof typeof text.keys, "title" | "groups" | "or">;

interface Shortcut {
  readonly label: Label;
  /** Each is one way; `Mod` is Command on a Mac and Control elsewhere. */
  readonly keys: readonly string[];
}

/**
 * The keys of the console: the help shows this table, the reference repeats it, and
 * `shortcuts.ts` acts on it.
 */
export const SHORTCUT_GROUPS: readonly { name: Group; shortcuts: readonly Shortcut[] }[] = [
  {
    name: "move",
    shortcuts: [
      { label: "next", keys: ["J", "↓"] },
      { label: "previous", keys: ["K", "↑"] },
      { label: "open", keys: ["Enter"] },
      { label: "take", keys: ["W"] },
      { label: "back", keys: ["Esc"] },
      { label: "find", keys: ["/"] },
      { label: "newest", keys: ["End"] },
    ],
  },
  {
    name: "act",
    shortcuts: [
      { label: "assign", keys: ["A"] },
      { label: "assignMe", keys: ["I"] },
      { label: "resolve", keys: ["E"] },
      { label: "snooze", keys: ["S"] },
      { label: "priority", keys: ["P"] },
      { label: "tags", keys: ["T"] },
      { label: "details", keys: ["D"] },
    ],
  },
  {
    name: "write",
    shortcuts: [
      { label: "reply", keys: ["R"] },
      { label: "note", keys: ["N"] },
      { label: "leave", keys: ["Esc"] },
      { label: "send", keys: ["Enter", "Mod+Enter"] },
      { label: "sendResolve", keys: ["Mod+Shift+Enter"] },
      { label: "newline", keys: ["Shift+Enter"] },
      { label: "switch", keys: ["Mod+."] },
      { label: "editLast", keys: ["↑"] },
    ],
  },
  {
    name: "app",
    shortcuts: [
      { label: "palette", keys: ["Mod+K"] },
      { label: "help", keys: ["?"] },
    ],
  },
];

const BY_LETTER = new Map<string, Label>();
for (const { shortcuts } of SHORTCUT_GROUPS) {
  for (const { label, keys } of shortcuts) {
    for (const key of keys) if (/^[A-Z]$/.test(key)) BY_LETTER.set(key, label);
  }
}

/** The keyboard types another script: its keys are known by their places. */
let otherScript = false;

/**
 * The Latin letter of a key: the one that it types, or, where the keyboard types another script,
 * the one that stands at its place on a Latin keyboard. Null for every other key.
 */
export function letterOf(event: KeyboardEvent): string | null {
  if (/^[a-z]$/i.test(event.key)) return event.key.toUpperCase();
  return /^Key([A-Z])$/.exec(event.code)?.[1] ?? null;
}

/** Notes which script the keyboard types; to be told of every key. */
export function noteScript(event: KeyboardEvent): void {
  if (!/^Key[A-Z]$/.test(event.code) || [...event.key].length !== 1) return;
  otherScript = !/^\p{Script=Latin}$/u.test(event.key);
}

/** What a key alone means, besides the arrows, Enter and Escape. */
export function shortcutOf(event: KeyboardEvent): Label | null {
  if (event.key === "/") return "find";
  if (event.key === "?") return "help";
  if (otherScript && event.code === "Slash") return event.shiftKey ? "help" : "find";
  const letter = letterOf(event);
  return letter ? (BY_LETTER.get(letter) ?? null) : null;
}

/** The period, which some scripts have elsewhere. */
export const isPeriod = (event: KeyboardEvent): boolean =>
  event.key === "." || (otherScript && event.code === "Period");

const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** The keys of one way, as they are called on this machine. */
export const keysOf = (way: string): string[] =>
  way.split("+").map((part) => (part === "Mod" ? (mac ? "⌘" : "Ctrl") : part));
