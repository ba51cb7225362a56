import { text } from "./messages";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const DAY = 86_400_000;

export const time = (at: string) => clock.format(new Date(at));

export function day(at: string): string {
  const moment = date.format(new Date(at));
  if (moment === date.format(Date.now())) return text.today;
  return moment === date.format(Date.now() - DAY) ? text.yesterday : moment;
}
