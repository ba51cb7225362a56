import { batch, signal, type Signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import type {
  AgentConversation,
  Availability,
  Message,
  Page,
  Participant,
  ReceiptRecord,
  StreamEvent,
} from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { byId, type Changes } from "../../../common/features/messages";
import { unreadAfter } from "../../../common/reading";
import { reduce, type Reducers } from "../../../common/reducers";
import { ACTIVITIES } from "../conversations/reducers";
import { MESSAGES } from "./reducers";
import { loadActivities, type Activity } from "../conversations/activity";
import { may } from "../../shell/permissions";
import { createRecovery, mayRecover } from "../../shell/recovery";
import { api, connection, isMe, reason } from "../../shell/session";
import { markRead, putConversation } from "../conversations/inbox";
import { toast } from "../../shell/overlay";

const PAGE = 50;
/** Pages of a hundred that are loaded at once to reach the first unread message. */
const UNREAD_PAGES = 5;
/** Typing notices come at least every 5 s while somebody types; after that it has stopped. */
const TYPING_LIFE = 5000;

/** One open conversation. Its summary is the inbox row's, so that both always say the same. */
export interface Thread {
  readonly id: string;
  readonly phase: Signal<"loading" | "ready" | "missing" | "failed">;
  readonly error: Signal<string>;
  readonly messages: Signal<ReadonlyMap<string, Message>>;
  readonly changes: Changes;
  /** Messages to which others reply, and that are not loaded; null while one is asked for. */
  readonly quoted: Signal<ReadonlyMap<string, Message | null>>;
  readonly activities: Signal<ReadonlyMap<string, Activity>>;
  readonly receipts: Signal<ReadonlyMap<string, ReceiptRecord>>;
  readonly viewers: Signal<readonly Participant[]>;
  readonly typing: Signal<ReadonlyMap<string, Participant>>;
  readonly contactPresence: Signal<Availability | null>;
  /** Where the next older page begins; null at the beginning of the conversation. */
  readonly cursor: Signal<string | null>;
  readonly loadingOlder: Signal<boolean>;
  /** The first message that was unread when it was opened: the "New" line stands before it. */
  readonly firstUnread: Signal<string | null>;
  /** How far this agent has read; a seq of `conversation:<id>`. */
  readonly mark: Signal<number>;
  /** The seq of the last event that was applied. */
  readonly head: Signal<number>;
  /** What is known to the agent, read or not: it was there at first, or held a reply. A seq. */
  readonly known: Signal<number>;
}

export const thread = signal<Thread | null>(null);

/** The same person in two roles is two participants. */
const keyOf = ({ kind, id }: Participant) => `${kind}:${id}`;

let cleanUps: (() => void)[] = [];
const recovery = createRecovery();
const typingTimers = new Map<string, number>();

function create(id: string): Thread {
  return {
    id,
    phase: signal<"loading" | "ready" | "missing" | "failed">("loading"),
    error: signal(""),
    messages: signal<ReadonlyMap<string, Message>>(new Map()),
    changes: new Map(),
    quoted: signal<ReadonlyMap<string, Message | null>>(new Map()),
    activities: signal<ReadonlyMap<string, Activity>>(new Map()),
    receipts: signal<ReadonlyMap<string, ReceiptRecord>>(new Map()),
    viewers: signal<readonly Participant[]>([]),
    typing: signal<ReadonlyMap<string, Participant>>(new Map()),
    contactPresence: signal<Availability | null>(null),
    cursor: signal<string | null>(null),
    loadingOlder: signal(false),
    firstUnread: signal<string | null>(null),
    mark: signal(0),
    head: signal(0),
    known: signal(0),
  };
}

export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V | null): Map<K, V> {
  const next = new Map(map);
  if (value === null) next.delete(key);
  else next.set(key, value);
  return next;
}

export function closeThread(): void {
  for (const cleanUp of cleanUps) cleanUp();
  cleanUps = [];
  recovery.done();
  for (const timer of typingTimers.values()) clearTimeout(timer);
  typingTimers.clear();
  thread.value = null;
}

export function openThread(id: string): void {
  if (thread.peek()?.id === id && thread.peek()?.phase.peek() !== "failed") return;
  closeThread();
  const opened = create(id);
  thread.value = opened;
  void load(opened);
}

const current = (opened: Thread) => thread.peek() === opened;

/**
 * The snapshot first, then the streams from where it ends.
 *
 * @param renew What is known of receipts is worth nothing any more.
 */
async function load(opened: Thread, renew = false): Promise<void> {
  const { id } = opened;
  try {
    const [conversation, newest] = await Promise.all([
      api.get<AgentConversation>(`conversations/${encodeURIComponent(id)}`),
      api.get<Page<Message>>(`conversations/${encodeURIComponent(id)}/messages`, { limit: PAGE }),
    ]);
    const mine = conversation.receipts.find(({ participant }) => isMe(participant));
    const page = conversation.unread
      ? await backTo(opened, newest, Math.max(mine?.read ?? 0, opened.mark.peek()))
      : newest;
    if (!current(opened)) return;
    const first = opened.phase.peek() !== "ready";
    batch(() => {
      putConversation(conversation);
      if (renew) opened.changes.clear();
      opened.messages.value = byId(opened.changes, page.items);
      opened.cursor.value = page.next_cursor;
      if (renew) opened.receipts.value = new Map();
      receive(opened, conversation.receipts);
      opened.viewers.value = conversation.viewers.filter((viewer) => !isMe(viewer));
      opened.contactPresence.value = presenceOf(conversation);
      opened.mark.value = Math.max(opened.mark.peek(), mine?.read ?? 0);
      opened.head.value = page.items.reduce(
        (seq, message) => (message.visibility === "public" ? Math.max(seq, message.seq) : seq),
        0,
      );
      if (first) {
        opened.known.value = opened.head.peek();
        const unread = unreadAfter(numbered(opened), opened.mark.peek(), isOwn);
        opened.firstUnread.value = unread[0]?.id ?? null;
      }
      opened.phase.value = "ready";
    });
    recovery.done();
    follow(opened, conversation, page.items);
    void older(opened, page.items);
  } catch (error) {
    if (!current(opened)) return;
    if (mayRecover(error)) {
      recovery.failed(() => void load(opened, renew));
      // What is shown stays until the new snapshot is there.
      if (opened.phase.peek() === "ready") return;
    }
    opened.error.value = reason(error);
    const gone = error instanceof ApiError && (error.status === 404 || error.status === 422);
    opened.phase.value = gone ? "missing" : "failed";
  }
}

/** Marks only grow: a snapshot may be older than a notice that was faster. */
function receive(opened: Thread, records: readonly ReceiptRecord[]): void {
  const next = new Map(opened.receipts.peek());
  for (const { participant, delivered, read } of records) {
    const key = keyOf(participant);
    const known = next.get(key);
    next.set(key, {
      participant,
      delivered: Math.max(delivered, known?.delivered ?? 0),
      read: Math.max(read, known?.read ?? 0),
    });
  }
  opened.receipts.value = next;
}

export const isOwn = ({ sender }: Message): boolean => isMe(sender);

/** The public messages by seq: what can be unread. */
export const numbered = (opened: Thread): Message[] =>
  [...opened.messages.value.values()]
    .filter(({ visibility }) => visibility === "public")
    .sort((a, b) => a.seq - b.seq);

/** The page, with those before it until the mark is among them. */
async function backTo(
  opened: Thread,
  page: Page<Message>,
  mark: number,
): Promise<Page<Message>> {
  const items = [...page.items];
  let cursor = page.next_cursor;
  const reached = () =>
    items.some(({ visibility, seq }) => visibility === "public" && seq <= mark + 1);
  for (let turn = 0; turn < UNREAD_PAGES && cursor && !reached() && current(opened); turn++) {
    const older: Page<Message> = await api.get(
      `conversations/${encodeURIComponent(opened.id)}/messages`,
      { cursor, limit: 100 },
    );
    items.push(...older.items);
    cursor = older.next_cursor;
  }
  return { items, next_cursor: cursor };
}

function follow(opened: Thread, conversation: AgentConversation, page: Message[]): void {
  const newest = (visibility: Message["visibility"], head: number) => {
    const seqs = page.filter((item) => item.visibility === visibility).map(({ seq }) => seq);
    // The two snapshots were taken at different moments: begin a little before the later one.
    return seqs.length ? Math.max(...seqs) : Math.max(0, head - 20);
  };
  const handlers = {
    onEvent: (event: StreamEvent) => apply(opened, event),
    onReset: () => reload(opened),
  };
  const { id } = opened;
  cleanUps.push(
    connection.subscribe(
      `conversation:${id}`,
      { after: Math.min(conversation.head, newest("public", conversation.head)) },
      {
        ...handlers,
        onHead: () => void refreshPresence(opened),
        // Since the snapshot was taken it was narrowed to others, or is gone.
        onError: ({ code }) => void (code === "not_found" && reload(opened)),
      },
    ),
  );
  if (!may("notes.read")) return;
  cleanUps.push(
    connection.subscribe(
      `notes:${id}`,
      { after: Math.min(conversation.notes_head, newest("internal", conversation.notes_head)) },
      handlers,
    ),
  );
}

/** The position in a stream was lost. */
function reload(opened: Thread): void {
  if (!current(opened)) return;
  for (const cleanUp of cleanUps) cleanUp();
  cleanUps = [];
  void load(opened, true);
}

/** The status and assignment lines that belong among these messages. */
async function older(opened: Thread, page: readonly Message[]): Promise<void> {
  const found = await loadActivities(opened.id, page, opened.cursor.peek() === null);
  if (!current(opened) || !found.length) return;
  const next = new Map(opened.activities.peek());
  for (const activity of found) next.set(activity.key, activity);
  opened.activities.value = next;
}

/** Loads the page before what is loaded; whether that has worked. */
export async function loadOlder(limit = PAGE): Promise<boolean> {
  const opened = thread.peek();
  if (!opened || opened.loadingOlder.peek() || !opened.cursor.peek()) return false;
  opened.loadingOlder.value = true;
  try {
    const page = await api.get<Page<Message>>(`conversations/${opened.id}/messages`, {
      cursor: opened.cursor.peek(),
      limit,
    });
    if (!current(opened)) return false;
    batch(() => {
      const next = byId(opened.changes, page.items);
      for (const [id, message] of opened.messages.peek()) next.set(id, message);
      opened.messages.value = next;
      opened.cursor.value = page.next_cursor;
    });
    void older(opened, page.items);
    return true;
  } catch (error) {
    toast(common.failed.reason(text.failed.older, reason(error)), { urgent: true });
    return false;
  } finally {
    opened.loadingOlder.value = false;
  }
}

// What happens live.

/** When the text was last changed. */
const changedAt = ({ edited_at, redacted_at }: Message): string =>
  [edited_at ?? "", redacted_at ?? ""].sort()[1] ?? "";

/** A replay repeats what happened in between: an earlier state never replaces a later one. */
function supersedes(fresh: Message, known: Message | undefined): boolean {
  if (!known) return true;
  if (known.deleted_at) return false;
  return Boolean(fresh.deleted_at) || changedAt(fresh) >= changedAt(known);
}

export function putMessage(message: Message): void {
  const opened = thread.peek();
  if (!opened || opened.id !== message.conversation_id) return;
  if (!supersedes(message, opened.messages.peek().get(message.id))) return;
  opened.messages.value = withEntry(opened.messages.peek(), message.id, message);
}

/** A message is something else by now, whether it has been loaded or will be. */
export function changeMessage(opened: Thread, message: Message): void {
  if (!supersedes(message, opened.changes.get(message.id))) return;
  opened.changes.set(message.id, message);
  if (opened.messages.peek().has(message.id)) putMessage(message);
  if (opened.quoted.peek().has(message.id)) {
    opened.quoted.value = withEntry(opened.quoted.peek(), message.id, message);
  }
}

/** Put together when it is used, since those modules know this one. */
const reducers = (): Reducers<Thread, "conversation" | "notes"> => ({
  ...MESSAGES,
  ...ACTIVITIES,
});

function apply(opened: Thread, event: StreamEvent): void {
  if (!current(opened)) return;
  // At once: who sees the new head without its message takes that for one that was read.
  batch(() => {
    if (event.stream === `conversation:${opened.id}`) {
      opened.head.value = Math.max(opened.head.peek(), event.seq);
    }
    reduce(reducers(), opened, event);
  });
}

export function stopTyping(opened: Thread, participant: Participant): void {
  const key = keyOf(participant);
  clearTimeout(typingTimers.get(key));
  typingTimers.delete(key);
  const typing = opened.typing.peek();
  if (typing.has(key)) opened.typing.value = withEntry(typing, key, null);
}

connection.on("typing", ({ conversation_id, participant, active }) => {
  const opened = thread.peek();
  if (opened?.id !== conversation_id || isMe(participant)) return;
  stopTyping(opened, participant);
  if (!active) return;
  const key = keyOf(participant);
  opened.typing.value = withEntry(opened.typing.peek(), key, participant);
  typingTimers.set(
    key,
    window.setTimeout(() => stopTyping(opened, participant), TYPING_LIFE),
  );
});

connection.on("receipt", ({ conversation_id, participant, delivered, read }) => {
  const opened = thread.peek();
  if (opened?.id !== conversation_id) {
    if (isMe(participant)) markRead(conversation_id, read);
    return;
  }
  // Read on another screen of the same agent.
  if (isMe(participant)) opened.mark.value = Math.max(opened.mark.peek(), read);
  receive(opened, [{ participant, delivered, read }]);
});

connection.on("presence", ({ conversation_id, participant, availability, viewing }) => {
  const opened = thread.peek();
  if (!opened || opened.id !== conversation_id) return;
  if (viewing !== undefined && !isMe(participant)) {
    const others = opened.viewers.peek().filter(({ id }) => id !== participant.id);
    opened.viewers.value = viewing ? [...others, participant] : others;
  }
  if (participant.kind === "visitor" && availability) opened.contactPresence.value = availability;
});

function presenceOf({ contact_present }: AgentConversation): Availability | null {
  return contact_present === null ? null : contact_present ? "online" : "offline";
}

/** Presence and receipts are not replayed: they are asked for whenever the stream begins. */
async function refreshPresence(opened: Thread): Promise<void> {
  try {
    const conversation = await api.get<AgentConversation>(`conversations/${opened.id}`);
    if (!current(opened)) return;
    batch(() => {
      putConversation(conversation);
      opened.viewers.value = conversation.viewers.filter((viewer) => !isMe(viewer));
      opened.contactPresence.value = presenceOf(conversation);
      receive(opened, conversation.receipts);
    });
  } catch {
    // The streams go on; only the faces may be out of date.
  }
}
