import type { Api, ApiError } from "./api";
import type { Connection } from "./connection";
import type { OutboxEntry } from "./entries";
import { exclusively } from "./lock";
import type { Stored } from "./requests";

export type { Stored };

export interface OutboxOptions {
  /** Keeps the entries of different people on one browser apart. */
  principal: string;
  /** Handed in, as all that has a state: the widget loads this module apart from the rest. */
  storage: Pick<typeof import("./storage"), "decode" | "drop" | "keys" | "load" | "save">;
  listen: typeof import("./listen").listen;
  api: Api;
  connection: Connection;
  /** The entries changed, here or in another tab. */
  onChange: (entries: OutboxEntry[]) => void;
  /** Stored; called before the entry leaves the list. */
  onSent?: (entry: OutboxEntry, ok: Stored | null) => void;
  /** The thread has become this conversation. */
  onConversation?: (thread: string, conversation: { id: string }) => void;
}

export interface Outbox {
  entries(): OutboxEntry[];
  add(entry: OutboxEntry): void;
  /** Puts a failed entry back into the queue, with these changes. */
  retry(clientId: string, change?: Partial<OutboxEntry>): void;
  /** Forgets an entry, for example to edit its text in the composer. */
  remove(clientId: string): OutboxEntry | null;
  /** Sends what is due now. */
  flush(): void;
  /** Stops sending, and tells nothing more; the entries stay for the next time. */
  close(): void;
}

const MAX_DELAY = 8_000;
/** Milliseconds in which a message can be undone. */
export const UNDO = 5_000;
/** Milliseconds more, after which another tab sees to what a tab has left when it was closed. */
const GRACE = 1_000;

/**
 * The milliseconds that are left in which a message can be undone. Nothing is held for longer than
 * that: whoever sets the clock back has not made the wait longer.
 */
export function undoLeft({ not_before = 0 }: OutboxEntry): number {
  const left = not_before - Date.now();
  return left > UNDO ? 0 : Math.max(0, left);
}

/**
 * The messages on their way, in localStorage, one key per entry: tabs never overwrite each
 * other's entries, and where they send the same one twice the client id makes it one message.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { api, connection, onChange, onSent, onConversation } = options;
  const { decode, drop, keys, load, save } = options.storage;
  const prefix = `campfire:outbox:${options.principal}:`;
  let failures = 0;
  let timer = 0;
  let later = 0;
  let busy = false;
  let again = false;
  let closed = false;
  // Until then the server wants nothing, whatever is written or comes back meanwhile.
  let heldUntil = 0;

  const find = (clientId: string) => load<OutboxEntry>(prefix + clientId);
  const entries = () => keys(prefix).flatMap((key) => load<OutboxEntry>(key) ?? []);
  // Once it is closed nobody is told: who is there by then is somebody else.
  const changed = () => {
    if (!closed) onChange(entries());
  };

  /** Writes the entry with these changes, unless the person has deleted it meanwhile. */
  function update(clientId: string, change: Partial<OutboxEntry>): void {
    const entry = find(clientId);
    if (entry) save(prefix + clientId, { ...entry, ...change });
    changed();
  }

  /**
   * The thread has become this conversation.
   *
   * @param name The name of the thread from now on, if it has another one.
   */
  function moved(thread: string, conversation: { id: string }, name = thread): void {
    for (const other of entries()) {
      if (other.thread !== thread) continue;
      update(other.client_id, { conversation_id: conversation.id, thread: name });
    }
    if (!closed) onConversation?.(thread, conversation);
  }

  /** Another tab has sent it, and its thread goes on under another name: so it does here. */
  async function follow(before: OutboxEntry | null, now: OutboxEntry | null): Promise<void> {
    if (!onConversation || !before || !now?.conversation_id || before.thread === now.thread) return;
    try {
      const conversation = await api.get<{ id: string }>("conversations/" + now.conversation_id);
      if (!closed) onConversation(before.thread, conversation);
    } catch {
      // The list of conversations has it all the same.
    }
  }

  async function deliver(entry: OutboxEntry): Promise<Stored | null> {
    const { client_id, conversation_id, body, visibility, reply_to, seen, thread } = entry;
    if (conversation_id) {
      const ok = await connection.request({
        type: "message.send",
        id: client_id,
        conversation_id,
        body,
        visibility,
        ...(reply_to && { reply_to }),
        ...(seen !== undefined && { seen }),
      });
      // It came too late to reopen the conversation, which goes on in another one.
      const { conversation_id: now } = ok;
      if (now !== conversation_id && onConversation) {
        moved(thread, await api.get("conversations/" + now), now);
      }
      return ok;
    }
    moved(
      thread,
      await api.post<{ id: string }>("conversations", { message: { body, client_id } }),
    );
    return null;
  }

  /** The next one that is due, or the milliseconds until one is; each thread keeps its order. */
  function next(): OutboxEntry | number {
    const waits = new Map<string, number>();
    for (const entry of entries()) {
      if (entry.state !== "queued" || waits.has(entry.thread)) continue;
      const wait = undoLeft(entry);
      if (!wait) return entry;
      waits.set(entry.thread, wait);
    }
    return waits.size ? Math.min(...waits.values()) : 0;
  }

  /** Sends in order until the queue is empty; the milliseconds to wait when it got stuck. */
  async function pass(): Promise<number> {
    for (;;) {
      const entry = next();
      if (closed) return 0;
      if (typeof entry === "number") return entry;
      const { client_id } = entry;
      try {
        const ok = await deliver(entry);
        failures = 0;
        // As it is by now: the entry that opened a conversation has its id.
        if (!closed) onSent?.({ ...(find(client_id) ?? entry), state: "sent" }, ok);
        drop(prefix + client_id);
        changed();
      } catch (cause) {
        const { code, message, final, retryAfter, details } = cause as ApiError;
        if (!final) {
          const wait = 1000 * (retryAfter || 0);
          heldUntil = performance.now() + wait;
          const delay = Math.min(MAX_DELAY, 500 * 2 ** failures++);
          return wait + delay * (0.5 + Math.random() / 2);
        }
        update(client_id, { state: "failed", error: { code, message, details } });
      }
    }
  }

  async function flush(): Promise<void> {
    again = busy;
    if (busy || performance.now() < heldUntil) return;
    clearTimeout(timer);
    busy = true;
    let delay = 0;
    // Only one tab sends at a time, so that the order holds; where two do, the client ids keep it
    // from doing harm.
    await exclusively(prefix, async () => void (delay = await pass()));
    busy = false;
    if (delay && !closed) timer = setTimeout(flush, delay);
    if (again) void flush();
  }

  const deaf = options.listen<StorageEvent>(window, "storage", ({ key, oldValue, newValue }) => {
    if (!key?.startsWith(prefix)) return;
    changed();
    void follow(decode<OutboxEntry>(oldValue), decode<OutboxEntry>(newValue));
    // The tab that wrote it sends it, unless it has been closed by then.
    clearTimeout(later);
    later = setTimeout(flush, UNDO + GRACE);
  });
  const off = connection.on("state", (state) => {
    if (state !== "online") return;
    failures = 0;
    void flush();
  });

  return {
    entries,
    add(entry) {
      save(prefix + entry.client_id, entry);
      changed();
      void flush();
    },
    retry(clientId, change) {
      update(clientId, { ...change, state: "queued", error: null });
      void flush();
    },
    remove(clientId) {
      const entry = find(clientId);
      drop(prefix + clientId);
      changed();
      return entry;
    },
    flush: () => void flush(),
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(later);
      off();
      deaf();
    },
  };
}
