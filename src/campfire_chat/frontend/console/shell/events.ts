import type { StreamEvent } from "../../common/types";
import { features, type Listeners } from "./registry";

/** Tells every feature that listens of an event of the inbox, or of what is the agent's own. */
export function dispatch(event: StreamEvent): void {
  for (const { events } of features()) tell(events ?? {}, event);
}

function tell(listeners: Listeners, event: StreamEvent): void {
  listeners[event.event]?.(event as never);
}
