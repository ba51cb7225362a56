import { computed } from "@preact/signals";
import { navigate, path } from "../../shell/router";
import { sections } from "./settings";

/** The section of the address; the first one, unless it names one. */
export const section = computed<string | undefined>(() => {
  const named = path.value[1];
  return sections.value.find((name) => name === named) ?? sections.value[0];
});

export const goToSection = (name: string): void =>
  navigate(`#/settings/${encodeURIComponent(name)}`);

/** To the section below or above. */
export function step(by: 1 | -1): boolean {
  const all = sections.peek();
  const next = all[all.indexOf(section.peek() ?? "") + by];
  if (next === undefined) return false;
  goToSection(next);
  return true;
}
