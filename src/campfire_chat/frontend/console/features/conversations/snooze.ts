import { text } from "./strings";

export interface SnoozeTime {
  readonly key: string;
  readonly label: string;
  /** Null: until the visitor replies. */
  readonly until: Date | null;
}

function at(base: Date, days: number, hour: number): Date {
  const time = new Date(base);
  time.setDate(time.getDate() + days);
  time.setHours(hour, 0, 0, 0);
  return time;
}

/** Times worth offering at this hour of this day, soonest first. */
export function snoozeTimes(now: Date): SnoozeTime[] {
  const { snoozeTimes: names } = text;
  const toMonday = (8 - now.getDay()) % 7 || 7;
  const times: SnoozeTime[] = [
    { key: "reply", label: names.reply, until: null },
    { key: "hour", label: names.hour, until: new Date(now.getTime() + 3_600_000) },
  ];
  // Later today is a time that is neither almost now nor in the night.
  if (now.getHours() < 15) {
    times.push({ key: "evening", label: names.evening, until: at(now, 0, 17) });
  }
  times.push({ key: "tomorrow", label: names.tomorrow, until: at(now, 1, 9) });
  if (toMonday > 1) {
    times.push({ key: "monday", label: names.monday, until: at(now, toMonday, 9) });
  }
  times.push({ key: "week", label: names.week, until: at(now, 7, 9) });
  return times;
}

/** A local time as the value of a `datetime-local` field. */
export function localValue(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
