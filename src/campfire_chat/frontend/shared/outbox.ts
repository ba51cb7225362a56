import type { Api, ApiError } from "./api";
import type { Connection } from "./connection";
import { exclusively } from "./lock";
import { drop, keys, load, save } from "./storage";
import type { Ok, Visibility } from "./types";

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
  /** When it was written, by this machine's clock; RFC 3339. */
  at: string;
  /** `sent` only in `onSent`. */
  state: "queued" | "failed" | "sent";
  /** Why it failed for good. */
  error: { code: string; message: string } | null;
}

export interface NewEntry {
  thread: string;
  conversation_id: string | null;
  body: string;
  visibility?: Visibility;
  reply_to?: string | null;
}

export interface OutboxOptions {
  /** Keeps the entries of different people on one browser apart. */
  principal: string;
  api: Api;
  connection: Connection;
  /** The entries changed, here or in another tab. */
  onChange: (entries: OutboxEntry[]) => void;
  /** Stored; called before the entry leaves the list. */
  onSent?: (entry: OutboxEntry, ok: Ok | null) => void;
  /** The thread has become this conversation. */
  onConversation?: (thread: string, conversation: { id: string }) => void;
}

export interface Outbox {
  entries(): OutboxEntry[];
  add(entry: NewEntry): OutboxEntry;
  /** Puts a failed entry back into the queue. */
  retry(clientId: string): void;
  /** Forgets an entry, for example to edit its text in the composer. */
  remove(clientId: string): OutboxEntry | null;
  /** Sends what is due now. */
  flush(): void;
  /** Stops sending; the entries stay for the next time. */
  close(): void;
}

let counter = 0;

/** A client id; those of one browser sort by the time they were made. */
export function newClientId(): string {
  const time = Date.now().toString(36) + String(++counter % 1e4).padStart(4, "0");
  return `c_${time}_` + random();
}

/** Digits that nobody else draws. Nobody has to be unable to guess them. */
function random(): string {
  try {
    // randomUUID is missing where the page is not a secure context.
    return crypto.getRandomValues(new Uint32Array(3)).join("");
  } catch {
    return String(Math.random()).slice(2) + String(Math.random()).slice(2, 12);
  }
}

export function newEntry(fresh: NewEntry): OutboxEntry {
  return {
    visibility: "public",
    reply_to: null,
    ...fresh,
    client_id: newClientId(),
    at: new Date().toISOString(),
    state: "queued",
    error: null,
  };
}

const MAX_DELAY = 8_000;

/**
 * The messages on their way, in localStorage, one key per entry: tabs never overwrite each
 * other's entries, and where they send the same one twice the client id makes it one message.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { api, connection, onChange, onSent, onConversation } = options;
  const prefix = `campfire:outbox:${options.principal}:`;
  let failures = 0;
  let timer = 0;
  let busy = false;
  let again = false;
  let closed = false;
  // Until then the server wants nothing, whatever is written or comes back meanwhile.
  let heldUntil = 0;

  const find = (clientId: string) => load<OutboxEntry>(prefix + clientId);
  const entries = () => keys(prefix).flatMap((key) => load<OutboxEntry>(key) ?? []);
  const changed = () => onChange(entries());

  /** Writes the entry with these changes, unless the person has deleted it meanwhile. */
  function update(clientId: string, change: Partial<OutboxEntry>): void {
    const entry = find(clientId);
    if (entry) save(prefix + clientId, { ...entry, ...change });
    changed();
  }

  async function deliver(entry: OutboxEntry): Promise<Ok | null> {
    const { client_id, conversation_id, body, visibility, reply_to, thread } = entry;
    if (conversation_id) {
      return connection.request({
        type: "message.send",
        id: client_id,
        conversation_id,
        body,
        visibility,
        ...(reply_to && { reply_to }),
      });
    }
    const opened = await api.post<{ id: string }>("conversations", {
      message: { body, client_id },
    });
    for (const other of entries()) {
      if (other.thread === thread) update(other.client_id, { conversation_id: opened.id });
    }
    onConversation?.(thread, opened);
    return null;
  }

  /** Sends in order until the queue is empty; the milliseconds to wait when it got stuck. */
  async function pass(): Promise<number> {
    for (;;) {
      const entry = entries().find((candidate) => candidate.state === "queued");
      if (!entry || closed) return 0;
      const { client_id } = entry;
      try {
        const ok = await deliver(entry);
        failures = 0;
        // As it is by now: the entry that opened a conversation has its id.
        onSent?.({ ...(find(client_id) ?? entry), state: "sent" }, ok);
        drop(prefix + client_id);
        changed();
      } catch (cause) {
        const { code, message, final, retryAfter } = cause as ApiError;
        if (!final) {
          const wait = 1000 * (retryAfter || 0);
          heldUntil = performance.now() + wait;
          const delay = Math.min(MAX_DELAY, 500 * 2 ** failures++);
          return wait + delay * (0.5 + Math.random() / 2);
        }
        update(client_id, { state: "failed", error: { code, message } });
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

  const stored = (event: StorageEvent) => {
    if (event.key?.startsWith(prefix)) changed();
  };
  const off = connection.on("state", (state) => {
    if (state !== "online") return;
    failures = 0;
    void flush();
  });
  window.addEventListener("storage", stored);

  return {
    entries,
    add(fresh) {
      const entry = newEntry(fresh);
      save(prefix + entry.client_id, entry);
      changed();
      void flush();
      return entry;
    },
    retry(clientId) {
      update(clientId, { state: "queued", error: null });
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
      off();
      window.removeEventListener("storage", stored);
    },
  };
}
