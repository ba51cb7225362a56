import { listen } from "./listen";

/**
 * What counts as read, in the widget and in the console: the unbroken run of messages, from the
 * read mark on, that was on the screen of a visible tab with the focus. A message is read when its
 * end is in sight. What was jumped over ends the run, and stays unread.
 */

export interface Numbered {
  readonly id: string;
  readonly seq: number;
}

/** Whether somebody can be reading now: the tab is visible and has the focus. */
export const isAttentive = (): boolean =>
  document.visibilityState === "visible" && document.hasFocus();

/** Calls `look` whenever that may have changed; returns how to stop. */
export function onAttention(look: () => void): () => void {
  const deaf = [listen(window, "focus blur", look), listen(document, "visibilitychange", look)];
  return () => deaf.forEach((stop) => stop());
}

/** The messages of others after the mark. */
export const unreadAfter = <M extends Numbered>(
  messages: readonly M[],
  mark: number,
  isOwn: (message: M) => boolean,
): M[] => messages.filter((message) => message.seq > mark && !isOwn(message));
