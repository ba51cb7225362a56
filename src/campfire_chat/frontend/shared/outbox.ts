import { ApiError, type Api } from "./api";
import type { Connection } from "./connection";
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
  state: "queued" | "failed";
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

export function newClientId(): string {
  // randomUUID is missing where the page is not a secure context.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return "c_" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const MAX_DELAY = 20_000;

/**
 * The messages on their way, in localStorage, one key per entry: tabs never overwrite each
 * other's entries, and where they send the same one twice the client id makes it one message.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { api, connection, onChange, onSent, onConversation } = options;
  const prefix = `campfire:outbox:${options.principal}:`;
  const places = new Map<string, string>();
  let counter = 0;
  let failures = 0;
  let timer = 0;
  let busy = false;
  let again = false;
  let closed = false;

  function entries(): OutboxEntry[] {
    const found: OutboxEntry[] = [];
    for (const key of keys(prefix)) {
      const entry = load<OutboxEntry>(key);
      if (!entry) continue;
      places.set(entry.client_id, key);
      found.push(entry);
    }
    return found;
  }

  function put(entry: OutboxEntry): void {
    save(places.get(entry.client_id) ?? prefix + entry.client_id, entry);
  }

  function forget(clientId: string): OutboxEntry | null {
    const entry = entries().find((candidate) => candidate.client_id === clientId) ?? null;
    const key = places.get(clientId);
    if (key) drop(key);
    places.delete(clientId);
    return entry;
  }

  const changed = () => onChange(entries());

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
      if (other.thread === thread) put({ ...other, conversation_id: opened.id });
    }
    onConversation?.(thread, opened);
    return null;
  }

  /** Sends in order until the queue is empty; the milliseconds to wait when it got stuck. */
  async function pass(): Promise<number> {
    for (;;) {
      const entry = entries().find((candidate) => candidate.state === "queued");
      if (!entry || closed) return 0;
      try {
        const ok = await deliver(entry);
        failures = 0;
        onSent?.(entry, ok);
        forget(entry.client_id);
      } catch (cause) {
        const error = cause as ApiError;
        if (!error.final) {
          const delay = Math.min(MAX_DELAY, 500 * 2 ** failures++);
          return 1000 * (error.retryAfter ?? 0) + delay * (0.5 + Math.random() / 2);
        }
        const { code, message } = error;
        // Deleted meanwhile: the person has changed their mind, so it does not come back.
        const key = places.get(entry.client_id);
        if (key && load(key)) put({ ...entry, state: "failed", error: { code, message } });
      }
      changed();
    }
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    let delay = 0;
    // Only one tab sends at a time, so that the order holds; without locks (a page that is not
    // a secure context) several tabs may, and the client ids keep it from doing harm.
    const run = async () => void (delay = await pass());
    await (navigator.locks ? navigator.locks.request(prefix, run) : run());
    busy = false;
    if (closed) return;
    if (again) void flush();
    else if (delay) timer = setTimeout(() => void flush(), delay);
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
      const entry: OutboxEntry = {
        visibility: "public",
        reply_to: null,
        ...fresh,
        client_id: newClientId(),
        at: new Date().toISOString(),
        state: "queued",
        error: null,
      };
      // The key sorts by time, then by the order within one millisecond.
      const place = `${Date.now()}-${String(++counter).padStart(6, "0")}`;
      places.set(entry.client_id, `${prefix}${place}-${entry.client_id}`);
      put(entry);
      changed();
      void flush();
      return entry;
    },
    retry(clientId) {
      const entry = entries().find((candidate) => candidate.client_id === clientId);
      if (!entry) return;
      put({ ...entry, state: "queued", error: null });
      changed();
      void flush();
    },
    remove(clientId) {
      const entry = forget(clientId);
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
