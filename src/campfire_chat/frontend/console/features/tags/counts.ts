/** Keeps the numbers of conversations on the screen current while it is shown. */
import { useEffect } from "preact/hooks";
import { reload } from "./tags";

/** Milliseconds between two questions: conversations change all the time, tags seldom. */
const PAUSE = 3_000;

let shown = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** A conversation has changed, and perhaps its tags. */
export function touched(): void {
  if (!shown || timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    if (shown) reload();
  }, PAUSE);
}

export function useCounts(): void {
  useEffect(() => {
    shown = true;
    return () => {
      shown = false;
      clearTimeout(timer);
      timer = undefined;
    };
  }, []);
}
