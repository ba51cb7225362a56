/**
 * Listeners of the window and the document. `document.open()` takes all of them away without a
 * word; whoever notices that calls `listenAgain`.
 */
const kept = new Set<() => void>();

/**
 * @param types Names of events, with spaces between them.
 * @param capture Before everybody else, also what is meant for an element.
 * @returns What takes the listener away again.
 */
export function listen<E extends Event = Event>(
  target: EventTarget,
  types: string,
  listener: (event: E) => unknown,
  capture = false,
): () => void {
  const each = (use: "addEventListener" | "removeEventListener") => {
    for (const type of types.split(" ")) target[use](type, listener as EventListener, capture);
  };
  const add = () => each("addEventListener");
  kept.add(add);
  add();
  return () => {
    kept.delete(add);
    each("removeEventListener");
  };
}

/** Sets every listener that is not set; for those that are, nothing changes. */
export const listenAgain = () => kept.forEach((add) => add());
