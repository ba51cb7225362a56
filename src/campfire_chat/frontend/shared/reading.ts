/**
 * What counts as read, in the widget and in the console: the unbroken run of messages, from the
 * read mark on, that was on the screen of a visible tab with the focus. A message is read when its
 * end is in sight. What was jumped over ends the run, and stays unread.
 */

interface Numbered {
  readonly id: string;
  readonly seq: number;
}

/** Whether somebody can be reading now: the tab is visible and has the focus. */
export const isAttentive = (): boolean =>
  document.visibilityState === "visible" && document.hasFocus();

/** Calls `look` whenever that may have changed; returns how to stop. */
export function onAttention(look: () => void): () => void {
  addEventListener("focus", look);
  addEventListener("blur", look);
  document.addEventListener("visibilitychange", look);
  return () => {
    removeEventListener("focus", look);
    removeEventListener("blur", look);
    document.removeEventListener("visibilitychange", look);
  };
}

/** Milliseconds for which a message has to stay in sight: what flies past was not read. */
const DWELL = 200;

/** Whether the end of the message with this id is in sight; it carries `data-message`. */
function isInSight(box: Element, id: string): boolean {
  const element = box.querySelector(`[data-message="${CSS.escape(id)}"]`);
  if (!element) return false;
  const { bottom, height } = element.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  // Positions are fractions of pixels: one pixel less in sight is in sight.
  return (
    height > 0 &&
    bottom > Math.max(0, frame.top) &&
    bottom <= Math.min(innerHeight, frame.bottom) + 1
  );
}

/**
 * Watches what is in sight.
 *
 * @param again Called when something has been in sight for long enough.
 * @returns Given the box that scrolls and the unread messages by seq, the last message of the
 *   unbroken run that was read; null when there is none yet. To be called whenever what is in
 *   sight may have changed.
 */
export function createSight(
  again: () => void,
): <M extends Numbered>(box: Element, unread: readonly M[]) => M | null {
  let since = new Map<string, number>();
  let timer = 0;
  return (box, unread) => {
    const now = performance.now();
    const before = since;
    since = new Map();
    let read = null;
    if (isAttentive()) {
      for (const message of unread) {
        if (!isInSight(box, message.id)) break;
        const seen = before.get(message.id) ?? now;
        since.set(message.id, seen);
        if (now - seen >= DWELL) read = message;
      }
    }
    clearTimeout(timer);
    if (since.size) timer = window.setTimeout(again, DWELL);
    return read;
  };
}

/** The messages of others after the mark. */
export const unreadAfter = <M extends Numbered>(
  messages: readonly M[],
  mark: number,
  isOwn: (message: M) => boolean,
): M[] => messages.filter((message) => message.seq > mark && !isOwn(message));
