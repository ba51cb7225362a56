import { effect, signal } from "@preact/signals";
import type { ConversationSummary } from "../../shared/types";
import { connection, me } from "./core";
import { markRead, rows } from "./inbox";
import { thread } from "./thread";

/** Whether the newest message is on the screen, which the thread's scroll position decides. */
export const atBottom = signal(true);

const attentive = signal(document.visibilityState === "visible" && document.hasFocus());
const look = () =>
  (attentive.value = document.visibilityState === "visible" && document.hasFocus());
window.addEventListener("focus", look);
window.addEventListener("blur", look);
document.addEventListener("visibilitychange", look);

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

/** Reading is: the thread is ready, its end is on the screen, and the window has the focus. */
export function watchReading(): void {
  effect(confirmLoaded);
  effect(() => {
    const opened = thread.value;
    if (!opened || opened.phase.value !== "ready") return;
    if (!attentive.value || !atBottom.value) return;
    let newest = 0;
    for (const { visibility, seq } of opened.messages.value.values()) {
      if (visibility === "public" && seq > newest) newest = seq;
    }
    if (!newest) return;
    const row = rows.value.get(opened.id);
    if (row && row.readSeq < newest) markRead(opened.id, newest);
    tell(opened.id, "read", newest);
  });
  connection.on("state", (state) => {
    if (state !== "online") return;
    // A receipt may have been lost with the connection.
    const opened = thread.peek();
    if (opened) told.delete(opened.id);
    confirmLoaded();
  });
}
