import { computed } from "@preact/signals";
import { navigate, path } from "../../shell/router";

/** `#/` is the inbox, `#/conversations/<id>` a thread, and `/details` after it its details. */
export const PATH = "conversations";

export interface Route {
  conversation: string | null;
  details: boolean;
}

/** What the address says; anything that is no place of ours is the inbox. */
export const route = computed<Route>(() => {
  const [first, id, part, ...more] = path.value;
  const known = first === PATH && !more.length && (part === undefined || part === "details");
  const conversation = (known && id) || null;
  return { conversation, details: conversation !== null && part === "details" };
});

export const openId = computed(() => route.value.conversation);

export const hashOf = (conversation: string, details = false): string =>
  `#/${PATH}/${encodeURIComponent(conversation)}${details ? "/details" : ""}`;

/** Goes there; with `replace` the place before is not kept in the browser's history. */
export function go(conversation: string | null, details = false, replace = false): void {
  navigate(conversation ? hashOf(conversation, details) : "#/", replace);
}
