/** The messages to which others reply, and the way there and back. */
import { signal } from "@preact/signals";
import type { Message } from "../../../common/types";
import { api } from "../../shell/session";
import { bringIntoSight, focusThread } from "./focus";
import { thread } from "./thread";
import { goToMessage } from "./wanted";

/** The message from which somebody went to the one that it replies to. */
const left = signal<{ readonly conversation: string; readonly message: string } | null>(null);

/** A message of the open conversation, loaded or not; null while nothing is known of it. */
export function quotedMessage(id: string): Message | null {
  const opened = thread.value;
  return opened?.messages.value.get(id) ?? opened?.quoted.value.get(id) ?? null;
}

/** Asks for a message that is quoted and not loaded, once. */
export async function loadQuoted(id: string): Promise<void> {
  const opened = thread.peek();
  if (!opened || opened.messages.peek().has(id) || opened.quoted.peek().has(id)) return;
  const put = (message: Message | null) => {
    opened.quoted.value = new Map(opened.quoted.peek()).set(id, message);
  };
  put(null);
  try {
    const message = await api.get<Message>(`messages/${encodeURIComponent(id)}`);
    put(opened.changes.get(id) ?? message);
  } catch {
    // Nothing is shown of it; whoever opens the conversation again asks again.
  }
}

/**
 * Shows a message of the open conversation, however far back it is.
 *
 * @param from The message that replies to it, to which a button leads back.
 */
export function jumpTo(id: string, from: string | null): void {
  const opened = thread.peek();
  if (!opened) return;
  if (from) left.value = { conversation: opened.id, message: from };
  if (opened.messages.peek().has(id)) {
    bringIntoSight(id);
    focusThread();
  } else goToMessage(opened.id, id);
}

/** Whether there is a way back in this conversation. */
export const canReturn = (conversation: string): boolean =>
  left.value?.conversation === conversation;

/** Back to the message that was left. */
export function jumpBack(): void {
  const from = left.peek();
  left.value = null;
  if (!from) return;
  bringIntoSight(from.message);
  focusThread();
}

/** It is in sight again, or the conversation was left. */
export const forgetReturn = (): void => void (left.value = null);
