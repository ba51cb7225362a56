import { text } from "./messages";

const date = (at: string) => new Date(at);

export const time = (at: string) => date(at).toLocaleTimeString([], { timeStyle: "short" });

export const sameDay = (a: string, b: string) => date(a).toDateString() === date(b).toDateString();

export const day = (at: string) =>
  sameDay(at, new Date().toISOString())
    ? text.today
    : date(at).toLocaleDateString([], { dateStyle: "medium" });
