import type { Message } from "../../../common/types";
import { rows } from "../conversations/inbox";
import { isOwn, numbered, thread, type Thread } from "./thread";

/** Milliseconds for which an answer is on the screen before somebody who writes has noticed it. */
const NOTICED = 1000;

/** When answers of colleagues came in while their conversation was open, by their ids. */
const arrivals = new WeakMap<Thread, Map<string, number>>();

/** Whether a message is a colleague's answer, for which a reply waits. The server decides the same. */
export const isAnswer = (message: Message): boolean =>
  message.visibility === "public" &&
  message.sender.kind === "agent" &&
  !message.deleted_at &&
  !isOwn(message);

export function noteArrival(opened: Thread, message: Message): void {
  if (!isAnswer(message)) return;
  const times = arrivals.get(opened) ?? new Map<string, number>();
  arrivals.set(opened, times.set(message.id, performance.now()));
}

/**
 * The last event of a conversation that its agent has seen, for a reply that is sent now. What was
 * there when it was opened was seen. A colleague's answer that came later was seen once it was read
 * and had been there for a moment: nobody reads what comes while the finger is on Enter.
 */
export function seenIn(conversation: string): number | undefined {
  const opened = thread.peek();
  if (opened?.id !== conversation || opened.phase.peek() !== "ready") {
    // Only its row in the list is on the screen.
    return rows.peek().get(conversation)?.summary.head;
  }
  const times = arrivals.get(opened);
  const now = performance.now();
  const isMissed = (message: Message) =>
    message.seq > opened.known.peek() &&
    isAnswer(message) &&
    (message.seq > opened.mark.peek() || now - (times?.get(message.id) ?? 0) < NOTICED);
  const missed = numbered(opened).find(isMissed);
  return missed ? missed.seq - 1 : opened.head.peek();
}
