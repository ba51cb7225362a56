import { computed, signal } from "@preact/signals";
import { may } from "./permissions";
import { features, type Screen } from "./registry";

/** The parts of the address after `#/`; none when it is no address of ours. */
function read(): readonly string[] {
  const [mark, ...parts] = location.hash.split("/");
  if (mark !== "#") return [];
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return [];
  }
}

export const path = signal(read());

const moved = () => (path.value = read());
window.addEventListener("hashchange", moved);
window.addEventListener("popstate", moved);

/** The screens that this agent may see; the first one is at home. */
export const screens = computed<readonly Screen[]>(() =>
  features().flatMap(({ screens = [] }) => screens.filter(({ permission }) => may(permission))),
);

/** What is shown. An address that is nobody's, or not for this agent, is that of the first one. */
export const screen = computed<Screen | undefined>(
  () => screens.value.find((known) => known.path === path.value[0]) ?? screens.value[0],
);

/** Goes there; with `replace` the place before is not kept in the browser's history. */
export function navigate(hash: string, replace = false): void {
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  moved();
}

export const goTo = ({ path }: Screen): void => navigate(`#/${path}`);
