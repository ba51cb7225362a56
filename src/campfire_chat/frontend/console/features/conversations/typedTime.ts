/** The words of a language by which people name times. */
export interface TimeWords {
  /** Before a span: "in 3 hours". */
  readonly in: readonly string[];
  /** Before an hour: "at 9". */
  readonly at: readonly string[];
  /** One of a span: "in an hour". */
  readonly one: readonly string[];
  readonly today: readonly string[];
  readonly tomorrow: readonly string[];
  readonly nextWeek: readonly string[];
  readonly am: readonly string[];
  readonly pm: readonly string[];
  readonly minutes: readonly string[];
  readonly hours: readonly string[];
  readonly days: readonly string[];
  readonly weeks: readonly string[];
  /** From Sunday on. */
  readonly weekdays: readonly (readonly string[])[];
  /** From January on. */
  readonly months: readonly (readonly string[])[];
}

/** The hour of a day for which none is named. */
const MORNING = 9;
/** Days: what is further away is a mistake. */
const FURTHEST = 3660;

interface Clock {
  readonly hour: number;
  readonly minute: number;
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const CLOCK = /^(\d{1,2})(?:[:.](\d{2}))?$/;
const SPAN = /^(\d{1,4})$/;

/** Letters after digits are a word of their own: "3h", "2pm". */
const tokens = (typed: string): string[] =>
  typed
    .toLowerCase()
    .replace(/,/g, " ")
    .replace(/(\d)(\p{L})/gu, "$1 $2")
    .split(/\s+/)
    .filter(Boolean);

/** A span from now on: "in 3 hours", "90 min", "2 days", "in a week". */
function span(words: readonly string[], now: Date, names: TimeWords): Date | null {
  const [count, unit, ...rest] = names.in.includes(words[0] ?? "") ? words.slice(1) : words;
  if (!count || !unit || rest.length) return null;
  const number = names.one.includes(count) ? 1 : SPAN.test(count) ? Number(count) : 0;
  if (!number) return null;
  const at = new Date(now);
  // Minutes and hours by the watch; days and weeks by the calendar, at the same time of day.
  if (names.minutes.includes(unit)) at.setTime(at.getTime() + number * 60_000);
  else if (names.hours.includes(unit)) at.setTime(at.getTime() + number * 3_600_000);
  else if (names.days.includes(unit)) at.setDate(at.getDate() + number);
  else if (names.weeks.includes(unit)) at.setDate(at.getDate() + number * 7);
  else return null;
  return at;
}

/** A time of day: "14:00", "14", "at 9", "2:30 pm"; undefined where it is none. */
function clock(words: readonly string[], names: TimeWords): Clock | undefined {
  const [time, half, ...rest] = names.at.includes(words[0] ?? "") ? words.slice(1) : words;
  const found = CLOCK.exec(time ?? "");
  if (!found || rest.length) return undefined;
  let hour = Number(found[1]);
  const minute = Number(found[2] ?? 0);
  if (half !== undefined) {
    const late = names.pm.includes(half);
    if (!late && !names.am.includes(half)) return undefined;
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (late ? 12 : 0);
  }
  return hour < 24 && minute < 60 ? { hour, minute } : undefined;
}

interface Day {
  readonly at: Date;
  /** How many words named it. */
  readonly words: number;
  /** Days after which the same name stands for the next one; 0 where it stands for this day only. */
  readonly again: number;
}

function onDate(year: number, month: number, day: number): Date | null {
  const at = new Date(year, month, day);
  // 31 June is no day.
  return at.getMonth() === month && at.getDate() === day ? at : null;
}

const index = (lists: readonly (readonly string[])[], word: string | undefined): number =>
  lists.findIndex((names) => names.includes(word ?? ""));

/** The day that the first words name. */
function day(words: readonly string[], now: Date, names: TimeWords): Day | null {
  const [first = "", second = ""] = words;
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const after = (days: number): Date => {
    const at = new Date(midnight);
    at.setDate(at.getDate() + days);
    return at;
  };
  if (names.nextWeek.includes(`${first} ${second}`)) {
    return { at: after((8 - now.getDay()) % 7 || 7), words: 2, again: 0 };
  }
  if (names.today.includes(first)) return { at: midnight, words: 1, again: 0 };
  if (names.tomorrow.includes(first)) return { at: after(1), words: 1, again: 0 };
  const weekday = index(names.weekdays, first);
  if (weekday >= 0) return { at: after((weekday - now.getDay() + 7) % 7), words: 1, again: 7 };
  const iso = DATE.exec(first);
  if (iso) {
    const at = onDate(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
    return at && { at, words: 1, again: 0 };
  }
  for (const [month, date] of [
    [index(names.months, first), second],
    [index(names.months, second), first],
  ] as const) {
    if (month < 0 || !/^\d{1,2}\.?$/.test(date)) continue;
    const year = now.getFullYear();
    const at = onDate(year, month, parseInt(date, 10));
    const passed = at !== null && at < midnight;
    const found = passed ? onDate(year + 1, month, parseInt(date, 10)) : at;
    return found && { at: found, words: 2, again: 0 };
  }
  return null;
}

/**
 * The time that somebody means, in the time zone of this computer: "in 3 hours", "tomorrow",
 * "fri 14:00", "24 dec 9am", "2030-01-31 8:30", "18:00". A day without an hour means nine in the
 * morning. An hour without a day, and a weekday, mean the next one. Null where it is no time; a day
 * that is named may have passed.
 */
export function typedTime(typed: string, now: Date, names: TimeWords): Date | null {
  const words = tokens(typed);
  if (!words.length) return null;
  const later = span(words, now, names);
  const found = later ?? onDay(words, now, names);
  return found && found.getTime() - now.getTime() < FURTHEST * 86_400_000 ? found : null;
}

function onDay(words: readonly string[], now: Date, names: TimeWords): Date | null {
  const named = day(words, now, names);
  const rest = words.slice(named?.words ?? 0);
  const time = rest.length || !named ? clock(rest, names) : { hour: MORNING, minute: 0 };
  if (!time) return null;
  const at = named ? new Date(named.at) : new Date(now);
  at.setHours(time.hour, time.minute, 0, 0);
  const again = named ? named.again : 1;
  if (again && at <= now) at.setDate(at.getDate() + again);
  return at;
}
