import type { Api, ApiError } from "./api";
import type { StreamEntry, Streams } from "./streams";
import type { EventPage } from "./types";

/** Seconds the server may hold one poll. */
const WAIT = 25;
/** Browsers open six connections to a host; requests of the page itself need some of them. */
const HELD_POLLS = 3;

export interface Poller {
  /** Polls every stream that there is; to be called again when one was added. */
  run(): void;
  stop(): void;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The events of all streams by REST long polls, for networks that let no WebSocket through.
 *
 * @param onAlive Told after every poll whether the server answered.
 */
export function createPoller(
  api: Api,
  streams: Streams,
  onAlive: (alive: boolean) => void,
): Poller {
  let abort: AbortController | null = null;
  let looping = new WeakSet<StreamEntry>();

  async function once(entry: StreamEntry, signal: AbortSignal): Promise<number> {
    const fresh = entry.last === null;
    const crowded = streams.all().length > HELD_POLLS;
    const replay = await api.get<EventPage>(
      `streams/${encodeURIComponent(entry.stream)}/events`,
      {
        after: entry.last ?? 0,
        wait: fresh || crowded ? 0 : WAIT,
        limit: fresh ? 1 : 100,
        epoch: entry.epoch,
      },
      signal,
    );
    if (signal.aborted || !streams.has(entry)) return 0;
    const { stream, epoch, head, events, more } = replay;
    if (replay.reset) {
      streams.reset({ type: "reset", stream, epoch, head, reason: replay.reset });
      return 0;
    }
    entry.epoch ??= epoch;
    if (fresh) streams.confirmed(entry, head);
    else streams.events({ type: "events", stream, events, more });
    return crowded && !more ? 4000 : 0;
  }

  async function loop(entry: StreamEntry, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted && streams.has(entry)) {
      let delay = 0;
      try {
        delay = await once(entry, signal);
        failures = 0;
        onAlive(true);
      } catch (error) {
        if (signal.aborted) return;
        const { final, retryAfter } = error as ApiError;
        if (final) {
          if (streams.remove(entry)) entry.handlers.onError?.(error as ApiError);
          return;
        }
        onAlive(false);
        delay = Math.random() * Math.min(30_000, 500 * 2 ** failures++) + 200;
        delay += 1000 * (retryAfter || 0);
      }
      if (delay) await pause(delay);
    }
  }

  return {
    run() {
      abort ??= new AbortController();
      for (const entry of streams.all()) {
        if (looping.has(entry)) continue;
        looping.add(entry);
        void loop(entry, abort.signal);
      }
    },
    stop() {
      abort?.abort();
      abort = null;
      looping = new WeakSet();
    },
  };
}
