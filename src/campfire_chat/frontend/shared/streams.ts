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
  /** Events beyond a gap, by seq. */
  readonly held: Map<number, StreamEvent>;
  /** A replay was asked for and has not ended. */
  asking: boolean;
  /** `last` at the latest request for a replay, and how many in a row brought nothing. */
  askedAt: number | null;
  fruitless: number;
  /** `last` at the latest heads frame, to tell when a replay got stuck. */
  headAt: number | null;
}

/** More than this is not worth holding: the replay brings it anyway. */
const HELD = 500;

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

/** The positions of all subscribed streams; `ask` requests a replay after `entry.last`. */
export function createStreams(ask: (entry: StreamEntry) => void): Streams {
  const entries = new Map<string, StreamEntry>();
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

  function apply(entry: StreamEntry, event: StreamEvent): void {
    entry.last = event.seq;
    try {
      entry.handlers.onEvent(event);
    } catch (error) {
      // One bad handler must not stop the stream; the page's error reporting still sees it.
      setTimeout(() => {
        throw error;
      });
    }
  }

  function drain(entry: StreamEntry): void {
    const { held } = entry;
    while (held.size && has(entry) && entry.last !== null) {
      for (const seq of held.keys()) if (seq <= entry.last) held.delete(seq);
      const next = held.get(entry.last + 1);
      if (!next) return;
      held.delete(next.seq);
      apply(entry, next);
    }
  }

  function receive(entry: StreamEntry, event: StreamEvent): void {
    if (entry.last !== null && event.seq <= entry.last) return;
    if (event.seq - 1 === entry.last) {
      apply(entry, event);
      drain(entry);
    } else {
      if (entry.held.size < HELD) entry.held.set(event.seq, event);
      if (entry.last !== null && !entry.asking) repair(entry);
    }
  }

  function settle(entry: StreamEntry): void {
    entry.asking = false;
    if (entry.held.size) repair(entry);
  }

  return {
    has,
    repair,
    all: () => [...entries.values()],
    add(stream, after, epoch, handlers) {
      const entry: StreamEntry = {
        stream,
        handlers,
        epoch,
        last: after,
        held: new Map(),
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
      entry.last ??= head;
      drain(entry);
      entry.handlers.onHead?.(head);
      if (has(entry) && entry.last >= head) settle(entry);
      else entry.asking = true;
    },
    event(event) {
      const entry = entries.get(event.stream);
      if (entry) receive(entry, event);
    },
    events(page) {
      const entry = entries.get(page.stream);
      if (!entry) return;
      for (const event of page.events) receive(entry, event);
      if (!page.more) settle(entry);
    },
    heads(heads) {
      for (const entry of entries.values()) {
        const { last } = entry;
        const stuck = !entry.asking || entry.headAt === last;
        if (last !== null && (heads[entry.stream] ?? 0) > last && stuck) repair(entry);
        entry.headAt = last;
      }
    },
    reset(reset) {
      const entry = entries.get(reset.stream);
      if (!entry) return;
      entry.held.clear();
      entry.last = reset.head;
      entry.epoch = reset.epoch;
      entry.asking = false;
      entry.handlers.onReset(reset);
      repair(entry);
    },
    lost() {
      for (const entry of entries.values()) {
        entry.asking = false;
        entry.askedAt = null;
        entry.headAt = null;
      }
    },
  };
}
