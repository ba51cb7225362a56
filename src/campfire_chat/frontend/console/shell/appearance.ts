import { effect, signal } from "@preact/signals";
import { preference } from "./preferences";

export type Theme = "light" | "dark" | "system";

const isTheme = (value: unknown): value is Theme =>
  value === "light" || value === "dark" || value === "system";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

export const { value: theme, choose: chooseTheme } = preference<Theme>("theme", "system", isTheme);

const dark = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(dark.matches);
dark.addEventListener("change", () => (systemDark.value = dark.matches));

effect(() => {
  const chosen = theme.value;
  const shown = chosen === "system" ? (systemDark.value ? "dark" : "light") : chosen;
  document.documentElement.dataset["theme"] = shown;
});

/** Whether the details have a column of their own, and whether there is one pane at a time. */
const wideQuery = matchMedia("(min-width: 1240px)");
const phoneQuery = matchMedia("(max-width: 699px)");
export const wide = signal(wideQuery.matches);
export const phone = signal(phoneQuery.matches);
wideQuery.addEventListener("change", () => (wide.value = wideQuery.matches));
phoneQuery.addEventListener("change", () => (phone.value = phoneQuery.matches));

/** Whether messages wait before they are sent, so that one can undo it. */
export const { value: undoSend } = preference("undo_send", false, isBoolean);

/** On wide screens the details stay open until they are put away. */
export const { value: detailsPinned, choose: pinDetails } = preference(
  "details_open",
  true,
  isBoolean,
);
