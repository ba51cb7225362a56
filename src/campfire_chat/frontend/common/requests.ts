import { ApiError } from "./api";
import type {
  ClientFrame,
  ErrorCode,
  ErrorFrame,
  MessageSend,
  Ok,
  Receipt,
  SendOk,
  Subscribe,
  SubscribeOk,
  Unsubscribe,
} from "./types";

/** A frame that is answered with `ok` or `error`; `id` is added when it has none. */
export type RequestFrame =
  | MessageSend
  | Receipt
  | Omit<Subscribe, "id">
  | Omit<Unsubscribe, "id">;

/** Whether it was a duplicate is told by the socket only. */
export type Stored = Omit<SendOk, "duplicate">;

export type AnswerTo<F extends RequestFrame> = F extends MessageSend
  ? Stored
  : F extends Omit<Subscribe, "id">
    ? SubscribeOk
    : Ok;

const TIMEOUT = 15_000;

interface Pending {
  resolve(ok: never): void;
  reject(error: ApiError): void;
}

/** Frames that wait for their `ok` or `error`. */
export interface Requests {
  send<F extends RequestFrame>(frame: F): Promise<AnswerTo<F>>;
  answered(frame: Ok | ErrorFrame): void;
  /** The socket has gone: nothing that waits will be answered. */
  lost(): void;
}

export function createRequests(write: (frame: ClientFrame) => void): Requests {
  const pending = new Map<string, Pending>();
  let made = 0;

  function settle(id: string | undefined, use: (waiting: Pending) => void): void {
    const waiting = pending.get(id ?? "");
    pending.delete(id ?? "");
    if (waiting) use(waiting);
  }

  /** Nothing came of it, and the same may be tried again. */
  const unanswered = (code: "timeout" | "disconnected") => (waiting: Pending) =>
    waiting.reject(new ApiError(code as ErrorCode, 0, "", false));

  return {
    send(frame) {
      const id = ("id" in frame && frame.id) || "r" + ++made;
      return new Promise((resolve, reject) => {
        const waiting = { resolve, reject };
        pending.set(id, waiting);
        setTimeout(() => {
          if (pending.get(id) === waiting) settle(id, unanswered("timeout"));
        }, TIMEOUT);
        write({ ...frame, id } as ClientFrame);
      });
    },
    answered(frame) {
      settle(frame.id, ({ resolve, reject }) => {
        if (frame.type === "ok") return resolve(frame as never);
        reject(
          new ApiError(
            frame.code as ErrorCode,
            0,
            frame.message,
            frame.final,
            frame.field,
            frame.retry_after,
            frame.details,
          ),
        );
      });
    },
    lost() {
      for (const id of pending.keys()) settle(id, unanswered("disconnected"));
    },
  };
}
