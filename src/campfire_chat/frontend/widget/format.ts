import { text } from "./strings";

const date = (at: string) => new Date(at);

export const time = (at: string) => date(at).toLocaleTimeString([], { timeStyle: "short" });

export const day = (at: string) =>
  date(at).toDateString() === new Date().toDateString()
    ? text.today
    : date(at).toLocaleDateString([], { dateStyle: "medium" });
