import { computed, effect, signal } from "@preact/signals";
import { isAttentive, unreadAfter } from "../../../common/reading";
import { createSight } from "../../../common/sight";
import type { ConversationSummary, Message } from "../../../common/types";
import { connection, covered, me } from "../../shell/session";
import { markRead, rows } from "../conversations/inbox";
import { isOwn, numbered, thread, type Thread } from "./thread";

/** Whether the newest message is on the screen, which the thread's scroll position decides. */
export const atBottom = signal(true);

const told = new Map<string, { delivered: number; read: number }>();
let timer = 0;
const due = new Map<string, { delivered?: number; read?: number }>();

/** Marks only grow, so what is due within a moment is one receipt per conversation. */
function tell(id: string, mark: "delivered" | "read", seq: number): void {
  const known = told.get(id) ?? { delivered: 0, read: 0 };
  if (known[mark] >= seq) return;
  told.set(id, {
    delivered: Math.max(known.delivered, seq),
    read: mark === "read" ? seq : known.read,
  });
  due.set(id, { ...due.get(id), [mark]: seq });
  timer ||= window.setTimeout(flush, 250);
}

function flush(): void {
  clearTimeout(timer);
  timer = 0;
  const batch = [...due];
  due.clear();
  for (const [conversation_id, marks] of batch) {
    connection.request({ type: "receipt", conversation_id, ...marks }).catch(() => {
      // Asked again with the next message, or when the connection is back.
      told.delete(conversation_id);
    });
  }
}

// What was read is not forgotten because the page goes.
window.addEventListener("pagehide", flush);

/** The visitor's message has reached the desk of somebody who answers it. */
export function confirmDelivery({ id, assignee, last_message }: ConversationSummary): void {
  if (last_message?.sender.kind !== "visitor") return;
  if (assignee && assignee.id !== me.peek()?.id) return;
  tell(id, "delivered", last_message.seq);
}

/** What came before this page was opened has reached the desk as well. */
function confirmLoaded(): void {
  for (const { summary, myRead } of rows.value.values()) {
    if (summary.counts.visitor > myRead) confirmDelivery(summary);
  }
}

// What was read.

/** Whether messages after the mark may be missing above what is loaded. */
const hasGap = (opened: Thread, messages: readonly Message[]): boolean => {
  const first = messages[0];
  return opened.cursor.value !== null && first !== undefined && first.seq > opened.mark.value + 1;
};

/** Messages of others in the open conversation that this agent has not read. */
export const unread = computed<readonly Message[]>(() => {
  const opened = thread.value;
  if (opened?.phase.value !== "ready") return [];
  return unreadAfter(numbered(opened), opened.mark.value, isOwn);
});

function markTo(opened: Thread, seq: number): void {
  // The server is told of the last event where nothing is left: that costs it no counting.
  const whole = !unreadAfter(numbered(opened), seq, isOwn).length;
  opened.mark.value = whole ? Math.max(opened.head.peek(), seq) : seq;
  tell(opened.id, "read", opened.mark.peek());
}

/** Marks what is in sight for long enough; `box` scrolls the messages. */
export function createReader(opened: Thread, box: Element): () => void {
  const sight = createSight(isAttentive, look);
  function look(): void {
    const left = thread.peek() === opened ? unread.peek() : [];
    if (covered.peek() || !box.isConnected || hasGap(opened, numbered(opened))) return;
    const last = sight(box, left);
    if (last) markTo(opened, last.seq);
  }
  return look;
}

/** Somebody has said that they want to go on from the newest message. */
export function readAll(opened: Thread): void {
  const newest = numbered(opened).at(-1);
  if (newest) markTo(opened, Math.max(newest.seq, opened.head.peek()));
}

export function watchReading(): void {
  effect(confirmLoaded);
  effect(() => {
    const opened = thread.value;
    if (opened?.phase.value !== "ready") return;
    const left = unread.value.filter(({ sender }) => sender.kind === "visitor").length;
    const messages = numbered(opened);
    // With a gap above, only the server knows how many there are. The list may have heard of a
    // message that is on its way to the thread: it is not to be taken for one that was read.
    const listed = rows.value.get(opened.id)?.summary.head ?? 0;
    if (hasGap(opened, messages) || opened.head.value < listed) return;
    markRead(opened.id, opened.mark.value, left);
  });
  connection.on("state", (state) => {
    if (state !== "online") return;
    // A receipt may have been lost with the connection.
    const opened = thread.peek();
    const known = opened && told.get(opened.id);
    if (opened && known) {
      told.delete(opened.id);
      if (known.read) tell(opened.id, "read", known.read);
    }
    confirmLoaded();
  });
}
