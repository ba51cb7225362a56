/** Variables in the text of a saved reply: `{{contact.name}}`, or `{{contact.name|there}}`. */

/** What can be filled in. */
export const NAMES = [
  "contact.name",
  "contact.first_name",
  "contact.email",
  "agent.name",
  "agent.first_name",
  "conversation.subject",
] as const;

export type Name = (typeof NAMES)[number];

/** What is known. Null, empty or blank: nothing. */
export type Values = Readonly<Record<Name, string | null>>;

/** A variable that stayed in the text as it was, in UTF-16 code units. */
export interface Gap {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface Filled {
  readonly text: string;
  /** In the order of the text. */
  readonly gaps: readonly Gap[];
}

const VARIABLE = /\{\{([^{}|]*)(?:\|([^{}]*))?\}\}/g;

const isName = (name: string): name is Name => (NAMES as readonly string[]).includes(name);

/**
 * The text with its variables filled in. What is not known gives way to the fallback after `|`.
 * Without a fallback the variable stays, and so does one that does not exist, fallback or not: a
 * mistake in a name must be seen. A value is never looked at for variables.
 */
export function fill(text: string, values: Values): Filled {
  const gaps: Gap[] = [];
  let made = "";
  let last = 0;
  for (const found of text.matchAll(VARIABLE)) {
    const name = found[1]?.trim() ?? "";
    const fallback = found[2]?.trim();
    const value = isName(name) ? values[name]?.trim() || fallback : undefined;
    made += text.slice(last, found.index);
    last = found.index + found[0].length;
    if (value === undefined) {
      gaps.push({ name, from: made.length, to: made.length + found[0].length });
    }
    made += value ?? found[0];
  }
  return { text: made + text.slice(last), gaps };
}

/** The variables in a text that do not exist, each once. */
export function unknownIn(text: string): string[] {
  const names = [...text.matchAll(VARIABLE)].map((found) => found[1]?.trim() ?? "");
  return [...new Set(names.filter((name) => !isName(name)))];
}

/** The first word of a name. */
export const firstName = (name: string | null): string | null =>
  name?.trim().split(/\s+/)[0] || null;
