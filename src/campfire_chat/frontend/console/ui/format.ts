import { text } from "./strings";
import type { Participant, Timestamp } from "../../common/types";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// Formatters are slow to make and cheap to use.
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDay = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const fullDay = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "long",
  year: "numeric",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** Whole calendar days from `then` to `now`; noon-safe over clock changes. */
function daysBetween(then: number, now: number): number {
  return Math.round((midnight(now) - midnight(then)) / DAY);
}

export const clockTime = (at: Timestamp): string => clock.format(new Date(at));

export const fullTime = (at: Timestamp): string => full.format(new Date(at));

export const dayKey = (at: Timestamp): string => new Date(at).toDateString();

/** A day as a heading in the thread. */
export function dayName(at: Timestamp, now: number): string {
  const then = Date.parse(at);
  const days = daysBetween(then, now);
  if (days === 0) return text.today;
  if (days === 1) return text.yesterday;
  if (days > 1 && days < 7) return weekday.format(then);
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return sameYear ? longDay.format(then) : fullDay.format(then);
}

/** When something happened or will, as short as it can be told. */
export function moment(at: Timestamp, now: number): string {
  const then = Date.parse(at);
  const days = daysBetween(then, now);
  if (days === 0) return clock.format(then);
  if (days === 1) return `${text.yesterday}, ${clock.format(then)}`;
  if (days < 0 && days > -7) return `${shortWeekday.format(then)}, ${clock.format(then)}`;
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return `${sameYear ? shortDay.format(then) : fullDay.format(then)}, ${clock.format(then)}`;
}

/** A length of time in its largest fitting unit. */
export function span(milliseconds: number): string {
  if (milliseconds < MINUTE) return "<1 min";
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} d`;
}

/** The age of a row: the clock today, the day before that. */
export function age(at: Timestamp, now: number): string {
  const then = Date.parse(at);
  const days = daysBetween(then, now);
  if (days <= 0) return clock.format(then);
  if (days === 1) return text.yesterday;
  return shortDay.format(then);
}

const whole = new Intl.NumberFormat();
/** Where the server stops counting. */
const MOST_COUNTED = 10_000;

/** How many conversations there are. */
export const amount = (count: number): string =>
  count < MOST_COUNTED ? whole.format(count) : `${whole.format(MOST_COUNTED - 1)}+`;

/** One or two letters for somebody without a picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = words[0] ?? "?";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return ([...first][0] ?? "?").toUpperCase() + (last ? ([...last][0] ?? "").toUpperCase() : "");
}

/** A hue of its own for everybody, the same on every screen. */
export function hue(id: string): number {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % 360;
}

/** Letters of which Unicode does not say that they are others; the same as in `core/text.py`. */
const LETTERS: Readonly<Record<string, string>> = {
  ø: "o",
  ł: "l",
  đ: "d",
  ħ: "h",
  ı: "i",
  æ: "ae",
  œ: "oe",
  þ: "th",
  ð: "d",
  ß: "ss",
};

/** For comparing what was typed: without case and accents. */
export const plain = (words: string): string =>
  words
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[øłđħıæœþðß]/g, (letter) => LETTERS[letter] ?? letter);

interface Named {
  id: string;
  name: string | null;
}

/** What to call a contact; nameless visitors are told apart by the end of their id. */
export function contactName(contact: Named & { email?: string | null }): string {
  return contact.name ?? contact.email ?? `${text.visitor} ${contact.id.slice(-4)}`;
}

export function participantName(participant: Participant): string {
  if (participant.kind === "visitor") return contactName(participant);
  if (participant.kind === "system") return participant.name ?? text.system;
  return participant.name ?? text.somebody;
}
