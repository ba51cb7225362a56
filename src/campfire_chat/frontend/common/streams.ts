import type { ApiError } from "./api";
import type { Events, Reset, StreamEvent } from "./types";

/**
 * What happens on one subscribed stream. `onEvent` is called for every event exactly once and
 * in order of `seq`, whatever the wire loses, doubles or reorders.
 */
export interface StreamHandlers {
  onEvent(event: StreamEvent): void;
  /**
   * The position is of no use any more: forget what is shown and load a snapshot over REST.
   * Events after `reset.head` keep coming, so drop those that the snapshot already has.
   */
  onReset(reset: Reset): void;
  /** The server's head, each time it confirms the subscription. */
  onHead?(head: number): void;
  /** The stream was refused for good; the subscription has ended. */
  onError?(error: ApiError): void;
}

export interface StreamEntry {
  readonly stream: string;
  readonly handlers: StreamHandlers;
  /** The seq of the last event applied; null until the server names its head. */
  last: number | null;
  epoch: string | null;
  /** The highest seq known to exist: everything up to it has to be applied. */
  known: number;
  /** A replay was asked for and has not ended. */
  asking: boolean;
  /** `last` at the latest request for a replay, and how many in a row brought nothing. */
  askedAt: number | null;
  fruitless: number;
  /** `last` at the latest heads frame, to tell when a replay got stuck. */
  headAt: number | null;
}

export interface Streams {
  add(stream: string, after: number | null, epoch: string | null, handlers: StreamHandlers):
    StreamEntry;
  remove(entry: StreamEntry): boolean;
  has(entry: StreamEntry): boolean;
  all(): StreamEntry[];
  /** Asks for everything after the last applied event. */
  repair(entry: StreamEntry): void;
  /** The server confirmed the subscription, with its head. */
  confirmed(entry: StreamEntry, head: number): void;
  event(event: StreamEvent): void;
  events(page: Events): void;
  heads(heads: Record<string, number>): void;
  reset(reset: Reset): void;
  /** The transport has gone: no replay is under way any more. */
  lost(): void;
}

/**
 * The positions of all subscribed streams; `ask` requests a replay after `entry.last`.
 *
 * An event beyond a gap is not kept: the replay that fills the gap brings it again.
 */
export function createStreams(ask: (entry: StreamEntry) => void): Streams {
  const entries = new Map<string, StreamEntry>();
  const all = () => [...entries.values()];
  const has = (entry: StreamEntry) => entries.get(entry.stream) === entry;

  function repair(entry: StreamEntry): void {
    if (!has(entry)) return;
    entry.asking = true;
    entry.fruitless = entry.askedAt === entry.last ? entry.fruitless + 1 : 0;
    entry.askedAt = entry.last;
    // A server that cannot fill the gap must not be asked at the speed of the wire.
    if (entry.fruitless < 3) ask(entry);
    else setTimeout(() => has(entry) && entry.asking && ask(entry), 1000);
  }

  /** Notes that `seq` exists; true when everything before it is there. */
  function upTo(entry: StreamEntry, seq: number): boolean {
    entry.known = Math.max(entry.known, seq);
    if (entry.last === null || entry.last < entry.known) return false;
    entry.asking = false;
    return true;
  }

  function event(event: StreamEvent): void {
    const entry = entries.get(event.stream);
    if (!entry) return;
    const { seq } = event;
    if (entry.last === seq - 1) {
      entry.last = seq;
      upTo(entry, seq);
      try {
        entry.handlers.onEvent(event);
      } catch (error) {
        // One bad handler must not stop the stream; the page's error reporting still sees it.
        setTimeout(() => {
          throw error;
        });
      }
    } else if (!upTo(entry, seq) && entry.last !== null && !entry.asking) repair(entry);
  }

  return {
    has,
    all,
    repair,
    event,
    add(stream, last, epoch, handlers) {
      const entry: StreamEntry = {
        stream,
        handlers,
        last,
        epoch,
        known: 0,
        asking: false,
        askedAt: null,
        fruitless: 0,
        headAt: null,
      };
      entries.set(stream, entry);
      return entry;
    },
    remove: (entry) => has(entry) && entries.delete(entry.stream),
    confirmed(entry, head) {
      if (!has(entry)) return;
      // New events may have come before the answer: they are after this head.
      if (entry.last === null) {
        entry.last = head;
        if (!upTo(entry, head)) repair(entry);
      } else entry.asking = !upTo(entry, head);
      entry.handlers.onHead?.(head);
    },
    events(page) {
      page.events.forEach(event);
      const entry = entries.get(page.stream);
      if (entry && !page.more && !upTo(entry, 0)) repair(entry);
    },
    heads(heads) {
      for (const entry of all()) {
        const { last, asking, headAt } = entry;
        entry.headAt = last;
        if (last === null || upTo(entry, heads[entry.stream] ?? 0)) continue;
        if (!asking || headAt === last) repair(entry);
      }
    },
    reset(reset) {
      const entry = entries.get(reset.stream);
      if (!entry) return;
      entry.last = entry.known = reset.head;
      entry.epoch = reset.epoch;
      entry.handlers.onReset(reset);
      repair(entry);
    },
    lost() {
      for (const entry of all()) {
        entry.asking = false;
        entry.askedAt = entry.headAt = null;
      }
    },
  };
}
