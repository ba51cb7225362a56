/** Named events with typed values. */
export interface Emitter<Events> {
  /** Returns what takes the listener away again. */
  on<K extends keyof Events>(kind: K, listener: (value: Events[K]) => void): () => void;
  emit<K extends keyof Events>(kind: K, value: Events[K]): void;
}

export function createEmitter<Events>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(value: never) => void>>();
  return {
    on(kind, listener) {
      const set = listeners.get(kind) ?? new Set();
      listeners.set(kind, set.add(listener as (value: never) => void));
      return () => void set.delete(listener as (value: never) => void);
    },
    emit(kind, value) {
      for (const listener of listeners.get(kind) ?? []) listener(value as never);
    },
  };
}
