import type { EventMap, EventStreams, StreamEvent } from "./types";

/** The types of events that appear in streams of these kinds. */
export type EventNames<Streams> = {
  [K in keyof EventMap]: Streams extends EventStreams[K] ? K : never;
}[keyof EventMap];

export type EventOf<K> = Extract<StreamEvent, { event: K }>;

export type Reducer<Target, K extends keyof EventMap> = (
  target: Target,
  data: EventMap[K],
  event: EventOf<K>,
) => void;

/**
 * What each type of events of a noun does to what is shown. One reducer for each: a type that the
 * server has begun to send does not compile without one.
 */
export type Reducers<Target, Streams, Noun extends string = string> = {
  [K in EventNames<Streams> & `${Noun}.${string}`]: Reducer<Target, K>;
};

/** Applies an event. One of a newer server, which has no reducer here, only moves the position. */
export function reduce<Target>(
  reducers: { [K in keyof EventMap]?: Reducer<Target, K> },
  target: Target,
  event: StreamEvent,
): void {
  reducers[event.event]?.(target, event.data as never, event as never);
}
