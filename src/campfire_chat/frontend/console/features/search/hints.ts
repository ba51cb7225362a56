import { team } from "../agents/team";
import { tags } from "../tags/tags";

/** What can be chosen where the caret is: operators, or values of the one that is being typed. */
export interface Hint {
  /** What is inserted for it, and what it is called in the row. */
  readonly insert: string;
  readonly label: string;
}

export const OPERATORS = [
  "from",
  "to",
  "assignee",
  "tag",
  "status",
  "after",
  "before",
  "is",
] as const;

/** Values that are offered at most. */
const MOST = 8;

const quoted = (value: string): string => (/[\s"]/.test(value) ? `"${value}"` : value);

/** A day as the server reads it, by the clock of this computer. */
const dayOf = (daysAgo: number): string => {
  const day = new Date();
  day.setDate(day.getDate() - daysAgo);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
};

const agents = (): string[] => team.value.map(({ name }) => name);

const VALUES: Readonly<Record<string, () => readonly string[]>> = {
  from: () => ["me", "visitor", "agent", "bot", ...agents()],
  assignee: () => ["me", "none", ...agents()],
  tag: () => tags.value.map(({ name }) => name),
  status: () => ["open", "pending", "snoozed", "resolved"],
  after: () => [0, 1, 7, 30].map(dayOf),
  before: () => [0, 7, 30].map(dayOf),
  is: () => ["message", "note", "conversation"],
};

/** The part of a search that ends at the caret. */
const PART = /(?:^|\s)(-?)(?:(\w+):)?("?)([^\s"]*)$/;

/**
 * What is offered at a place in a search.
 *
 * @returns From where to the caret it replaces the text, and what with.
 */
export function hintsAt(typed: string, caret: number): { from: number; hints: readonly Hint[] } {
  const found = PART.exec(typed.slice(0, caret));
  const [, minus = "", name = "", quote = "", value = ""] = found ?? [];
  const values = VALUES[name.toLowerCase()];
  if (!found || !values) {
    return { from: caret, hints: OPERATORS.map((word) => ({ insert: `${word}:`, label: `${word}:` })) };
  }
  const start = value.toLowerCase();
  const hints = values()
    .filter((word) => word.toLowerCase().startsWith(start))
    .slice(0, MOST)
    .map((word) => ({ insert: `${minus}${name}:${quoted(word)} `, label: word }));
  return { from: caret - `${minus}${name}:${quote}${value}`.length, hints };
}

/** The search with a hint in it, and where the caret is then. */
export function withHint(
  typed: string,
  caret: number,
  from: number,
  { insert }: Hint,
): { typed: string; caret: number } {
  const before = typed.slice(0, from);
  const gap = before && !/\s$/.test(before) ? " " : "";
  const start = before + gap + insert;
  return { typed: start + typed.slice(caret).replace(/^\s+/, ""), caret: start.length };
}
