import { ApiError } from "./api";
import type { ErrorFrame, Ok, RequestFrame } from "./types";

const TIMEOUT = 15_000;

interface Pending {
  resolve(ok: Ok): void;
  reject(error: ApiError): void;
}

/** Frames that wait for their `ok` or `error`. */
export interface Requests {
  send(frame: RequestFrame): Promise<Ok>;
  answered(frame: Ok | ErrorFrame): void;
  /** The socket has gone: nothing that waits will be answered. */
  lost(): void;
}

export function createRequests(write: (frame: object) => void): Requests {
  const pending = new Map<string, Pending>();
  let made = 0;

  function settle(id: string | undefined, use: (waiting: Pending) => void): void {
    const waiting = pending.get(id ?? "");
    pending.delete(id ?? "");
    if (waiting) use(waiting);
  }

  /** Nothing came of it, and the same may be tried again. */
  const unanswered = (code: string) => (waiting: Pending) =>
    waiting.reject(new ApiError(code, 0, "", false));

  return {
    send(frame) {
      const id = "id" in frame ? frame.id : "r" + ++made;
      return new Promise<Ok>((resolve, reject) => {
        const waiting = { resolve, reject };
        pending.set(id, waiting);
        setTimeout(() => {
          if (pending.get(id) === waiting) settle(id, unanswered("timeout"));
        }, TIMEOUT);
        write({ ...frame, id });
      });
    },
    answered(frame) {
      settle(frame.id, ({ resolve, reject }) => {
        if (frame.type === "ok") return resolve(frame);
        const { code, message, final, field, retry_after } = frame;
        reject(new ApiError(code, 0, message, final, field, retry_after));
      });
    },
    lost() {
      for (const id of pending.keys()) settle(id, unanswered("disconnected"));
    },
  };
}
