import type { text } from "../messages";

type Group = keyof typeof text.keys.groups;
type Label = Exclude<keyof typeof text.keys, "title" | "groups" | "or">;

interface Shortcut {
  readonly label: Label;
  /** Each is one way; `Mod` is Command on a Mac and Control elsewhere. */
  readonly keys: readonly string[];
}

/** What the help shows; `shortcuts.ts` acts on the same keys. */
export const SHORTCUT_GROUPS: readonly { name: Group; shortcuts: readonly Shortcut[] }[] = [
  {
    name: "move",
    shortcuts: [
      { label: "next", keys: ["J", "↓"] },
      { label: "previous", keys: ["K", "↑"] },
      { label: "open", keys: ["Enter"] },
      { label: "back", keys: ["Esc"] },
      { label: "find", keys: ["/"] },
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

const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** The keys of one way, as they are called on this machine. */
export const keysOf = (way: string): string[] =>
  way.split("+").map((part) => (part === "Mod" ? (mac ? "⌘" : "Ctrl") : part));
