import type { Numbered } from "./reading";

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
 * Watches what is in sight. The widget loads this with the first unread message.
 *
 * @param isAttentive Whether somebody can be reading now.
 * @param again Called when something has been in sight for long enough.
 * @returns Given the box that scrolls and the unread messages by seq, the last message of the
 *   unbroken run that was read; null when there is none yet. To be called whenever what is in
 *   sight may have changed.
 */
export function createSight(
  isAttentive: () => boolean,
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
