import type { SettingRecord } from "../../../common/types";
import { text } from "./strings";

/** What a field holds: text for what is typed, otherwise the value itself. */
export type Entry = string | boolean | number | null;

/** How values of one kind of field become what the field holds, and the way back. */
interface Kind {
  enter(value: unknown): Entry;
  /** Throws `Refused` when what was entered cannot be a value. */
  read(entry: Entry, setting: SettingRecord): unknown;
}

/** What was entered cannot be sent; the message says why. */
export class Refused extends Error {}

const typed: Kind = {
  enter: (value) => (value == null ? "" : String(value)),
  read: (entry, { nullable }) => (nullable && !String(entry).trim() ? null : entry),
};

const chosen: Kind = {
  enter: (value) => value as Entry,
  read: (entry) => entry,
};

const lines: Kind = {
  enter: (value) => (Array.isArray(value) ? value.join("\n") : ""),
  read(entry, { nullable }) {
    const found = String(entry)
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    return nullable && !found.length ? null : found;
  },
};

const number: Kind = {
  enter: typed.enter,
  read(entry, { nullable }) {
    const text_ = String(entry).trim().replace(",", ".");
    if (nullable && !text_) return null;
    const found = Number(text_);
    if (!text_ || !Number.isFinite(found)) throw new Refused(text.failed.number);
    return found;
  },
};

const json: Kind = {
  enter: (value) => JSON.stringify(value, null, 2),
  read(entry) {
    try {
      return JSON.parse(String(entry)) as unknown;
    } catch {
      throw new Refused(text.failed.json);
    }
  },
};

const KINDS: Partial<Record<string, Kind>> = {
  switch: chosen,
  choice: chosen,
  list: lines,
  origins: lines,
  number,
  attributes: json,
  json,
};

/** A kind of field that this version does not know is one for text. */
const kindOf = ({ control }: SettingRecord): Kind => KINDS[control] ?? typed;

export const entryOf = (setting: SettingRecord, value: unknown): Entry =>
  kindOf(setting).enter(value);

export const read = (setting: SettingRecord, entry: Entry): unknown =>
  kindOf(setting).read(entry, setting);

export const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** One item of a list: a text, or a thing with a name. */
function nameOf(item: unknown): string {
  if (typeof item !== "object" || item === null) return String(item);
  const { label, key } = item as { label?: unknown; key?: unknown };
  return String(label || key || JSON.stringify(item));
}

/** A value in words. */
export function inWords(setting: SettingRecord, value: unknown): string {
  if (value === null) return setting.unset || text.nothing;
  const choice = setting.choices.find((known) => same(known.value, value));
  if (choice) return choice.label;
  if (typeof value === "boolean") return value ? text.on : text.off;
  if (Array.isArray(value)) return value.map(nameOf).join(", ") || text.nothing;
  if (typeof value === "object") return JSON.stringify(value);
  return [String(value), setting.unit].filter(Boolean).join(" ");
}
