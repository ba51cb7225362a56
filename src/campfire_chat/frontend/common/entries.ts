import type { ApiError } from "./api";
import type { Visibility } from "./types";

/** A message that the server has not confirmed yet. */
export interface OutboxEntry {
  /** Its name at the server: the same on every retry, so that it is stored once. */
  client_id: string;
  /** Groups entries; the conversation's id, or a name of the sender's own until there is one. */
  thread: string;
  /** Null while the conversation does not exist: the thread's first entry opens it. */
  conversation_id: string | null;
  body: string;
  visibility: Visibility;
  reply_to: string | null;
  /** The last seq of the conversation that the writer had seen; left out: nothing is held. */
  seen?: number | undefined;
  /** Sent no earlier than that, by this machine's clock: milliseconds. Until then it can be undone. */
  not_before?: number | undefined;
  /** When it was written, by this machine's clock; RFC 3339. */
  at: string;
  /** `sent` only in `onSent`. */
  state: "queued" | "failed" | "sent";
  /** Why it failed for good. */
  error: Pick<ApiError, "code" | "message" | "details"> | null;
}

export interface NewEntry {
  thread: string;
  conversation_id: string | null;
  body: string;
  visibility?: Visibility;
  reply_to?: string | null;
  seen?: number | undefined;
  not_before?: number | undefined;
}

let counter = 0;

/** Digits that nobody else draws. Nobody has to be unable to guess them. */
const random = () => String(Math.random()).slice(2);

/** A client id; those of one browser sort by the time they were made. */
export function newClientId(): string {
  const time = Date.now().toString(36) + String(++counter % 1e4).padStart(4, "0");
  return `c_${time}_` + random() + random();
}

export const newEntry = (fresh: NewEntry): OutboxEntry => ({
  visibility: "public",
  reply_to: null,
  ...fresh,
  client_id: newClientId(),
  at: new Date().toISOString(),
  state: "queued",
  error: null,
});
