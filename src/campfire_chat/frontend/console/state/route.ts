import { computed, signal } from "@preact/signals";

/** `#/` is the inbox, `#/conversations/<id>` a thread, and `/details` after it its details. */
export interface Route {
  conversation: string | null;
  details: boolean;
}

/** What the address says; anything that is no place of ours is the inbox. */
function read(): Route {
  const match = /^#\/conversations\/([^/]+)(\/details)?$/.exec(location.hash);
  const conversation = match?.[1] ? decoded(match[1]) : null;
  return { conversation, details: conversation !== null && Boolean(match?.[2]) };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export const route = signal<Route>(read());
export const openId = computed(() => route.value.conversation);

window.addEventListener("hashchange", () => (route.value = read()));

export const hashOf = (conversation: string, details = false): string =>
  `#/conversations/${encodeURIComponent(conversation)}${details ? "/details" : ""}`;

/** Goes there; with `replace` the place before is not kept in the browser's history. */
export function go(conversation: string | null, details = false, replace = false): void {
  const hash = conversation ? hashOf(conversation, details) : "#/";
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  route.value = read();
}

window.addEventListener("popstate", () => (route.value = read()));
