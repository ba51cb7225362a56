import { state } from "./chat";
import { connection } from "./line";

const EVERY = 3000;
let since = 0;
let timer = 0;

/** Tells the other side that the person is typing: at most every three seconds, and at the end. */
export function typed(draft: string): void {
  clearTimeout(timer);
  if (!draft.trim()) return stopTyping();
  timer = setTimeout(stopTyping, EVERY + 1000);
  if (Date.now() - since < EVERY) return;
  since = Date.now();
  tell(true);
}

export function stopTyping(): void {
  clearTimeout(timer);
  if (since) tell(false);
  since = 0;
}

function tell(active: boolean): void {
  const id = state.room.info?.id;
  if (id) connection?.signal({ type: "typing", conversation_id: id, active });
}
