import { effect, signal } from "@preact/signals";
import { load, save } from "../../shared/storage";

export type Theme = "light" | "dark" | "system";

const THEME = "campfire:console:theme";
const DETAILS = "campfire:console:details";

/** A theme, whatever the value is. */
export const known = (value: unknown): Theme =>
  value === "light" || value === "dark" ? value : "system";

export const theme = signal<Theme>(known(load<Theme>(THEME)));

const dark = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(dark.matches);
dark.addEventListener("change", () => (systemDark.value = dark.matches));

effect(() => {
  const chosen = theme.value;
  const shown = chosen === "system" ? (systemDark.value ? "dark" : "light") : chosen;
  document.documentElement.dataset["theme"] = shown;
});

export function chooseTheme(next: Theme): void {
  theme.value = next;
  save(THEME, next);
}

/** Whether the details have a column of their own, and whether there is one pane at a time. */
const wideQuery = matchMedia("(min-width: 1240px)");
const phoneQuery = matchMedia("(max-width: 699px)");
export const wide = signal(wideQuery.matches);
export const phone = signal(phoneQuery.matches);
wideQuery.addEventListener("change", () => (wide.value = wideQuery.matches));
phoneQuery.addEventListener("change", () => (phone.value = phoneQuery.matches));

/** On wide screens the details stay open until they are put away. */
export const detailsPinned = signal(load<boolean>(DETAILS) ?? true);

export function pinDetails(pinned: boolean): void {
  detailsPinned.value = pinned;
  save(DETAILS, pinned);
}
