import { computed } from "@preact/signals";
import { detailsPinned, pinDetails, wide } from "../../shell/appearance";
import { go, route } from "./route";

/** A column of its own where there is room, else a step or a drawer of the open conversation. */
export const detailsShown = computed(
  () =>
    route.value.conversation !== null && (wide.value ? detailsPinned.value : route.value.details),
);

export function toggleDetails(): void {
  const { conversation, details } = route.peek();
  if (wide.peek()) pinDetails(!detailsPinned.peek());
  else if (conversation) go(conversation, !details, details);
}
