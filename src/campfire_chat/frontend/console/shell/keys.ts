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

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
};

/** What a key that was pressed alone is called in the table of shortcuts. */
export function keyOf(event: KeyboardEvent): string {
  if (event.key === "/" || event.key === "?") return event.key;
  if (otherScript && event.code === "Slash") return event.shiftKey ? "?" : "/";
  return letterOf(event) ?? NAMES[event.key] ?? event.key;
}

/** The period, which some scripts have elsewhere. */
export const isPeriod = (event: KeyboardEvent): boolean =>
  event.key === "." || (otherScript && event.code === "Period");

const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** The keys of one way, as they are called on this machine. */
export const keysOf = (way: string): string[] =>
  way.split("+").map((part) => (part === "Mod" ? (mac ? "⌘" : "Ctrl") : part));
