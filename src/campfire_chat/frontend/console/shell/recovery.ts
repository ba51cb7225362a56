import { effect } from "@preact/signals";
import { ApiError } from "../../common/api";
import { linkState } from "./session";

/** Milliseconds until the first repetition while the link is there; each later one takes twice. */
const FIRST = 1000;
const LONGEST = 30_000;

/** Repeats what could not be loaded, so that nobody has to ask for it. */
export interface Recovery {
  /** It failed. `repeat` runs when the link is back, or after a while when it was never away. */
  failed(repeat: () => void): void;
  /** It has worked, or nobody wants it any more. */
  done(): void;
}

/** Whether the same request may succeed later. */
export const mayRecover = (error: unknown): boolean => error instanceof ApiError && !error.final;

export function createRecovery(): Recovery {
  let failures = 0;
  let cancel = () => {};
  return {
    failed(repeat) {
      cancel();
      const pause = Math.min(LONGEST, FIRST * 2 ** failures++);
      let away = false;
      cancel = effect(() => {
        if (linkState.value !== "online") {
          away = true;
          return undefined;
        }
        const timer = setTimeout(
          () => {
            cancel();
            repeat();
          },
          away ? 0 : pause,
        );
        return () => clearTimeout(timer);
      });
    },
    done() {
      cancel();
      failures = 0;
    },
  };
}
