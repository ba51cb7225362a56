/** Messages from the box to the server. */
import { createChunk } from "../common/chunk";
import { newEntry, type OutboxEntry } from "../common/entries";
import { listen } from "../common/listen";
import type { Outbox, OutboxOptions } from "../common/outbox";
import { decode, drop, keys, load, save } from "../common/storage";
import { characters, isBlank } from "../common/text";
import type { VisitorConversation } from "../common/types";
import { host, roomOf, session, show, state } from "./chat";
import { connection } from "./line";
import { draftKey, enter, follow, learnOf, write } from "./rooms";
import type { Listed, Room } from "./state";
import { stopTyping, typed } from "./typing";
import { discover } from "./visit";

/** Milliseconds between proofs while one types; the first letter is always one's own to prove. */
const PROOF_WHILE_TYPING = 5000;

const code = createChunk(
  () => import("../common/outbox"),
  () => show({ lacking: true }),
);
/** Null until there is something to send. */
let outbox: Outbox | null = null;
/** Written on this page before the server has said who the visitor is. */
let early: OutboxEntry[] = [];

const unsent = () => `campfire:outbox:${session.principal()}:`;
const earlyOf = (principal: string) => `campfire:early:${principal}:`;
const stored = (prefix: string) => keys(prefix).flatMap((key) => load<OutboxEntry>(key) ?? []);

/** The person types. */
export function type(draft: string): void {
  // Done while one types, so that nobody waits for it when sending; the send minds a refusal.
  if (draft) {
    connection?.prove(state.draft ? PROOF_WHILE_TYPING : 0).catch(() => undefined);
    void prepare();
  }
  write(draft);
  typed(draft);
}

export function send(): void {
  const body = state.draft.trim();
  const { key, info } = state.room;
  if (isBlank(body) || characters(body) > state.bodyLimit || state.phase === "ended") return;
  state.atEnd = true;
  const entry = newEntry({ thread: key, conversation_id: info ? key : null, body });
  if (state.phase === "ready") put(entry);
  else {
    early.push(entry);
    save(earlyOf(session.principal()) + entry.client_id, entry);
    state.outbox = [...state.outbox, entry];
  }
  stopTyping();
  write("");
}

/** Kept, and shown on its way, also without the code that sends it. */
function put(entry: OutboxEntry): void {
  save(unsent() + entry.client_id, entry);
  takeUp();
  outbox?.flush();
}

/** Shows what is stored to be sent, by this tab or another one, and sees to it that it is sent. */
export function takeUp(): void {
  const entries = stored(unsent());
  show({ outbox: entries });
  if (entries.length && !outbox) void prepare();
}

/** Loads the code that sends; resolves when it is there. */
async function prepare(): Promise<void> {
  const line = connection;
  if (!line || outbox) return;
  const { createOutbox } = await code.load();
  show({ lacking: false });
  if (line !== connection || outbox) return;
  outbox = createOutbox({
    principal: session.principal(),
    storage: { decode, drop, keys, load, save },
    listen,
    api: session.api,
    connection: line,
    onChange: (entries) => show({ outbox: entries }),
    onSent: (entry) => void state.sent.push(entry),
    onConversation: opened as NonNullable<OutboxOptions["onConversation"]>,
  });
  outbox.flush();
}

/** A message has made its thread a conversation, or has begun the one in which it goes on. */
function opened(thread: string, info: VisitorConversation): void {
  const { id } = info;
  const { room } = state;
  host.emit("conversation", { id });
  // It was written in another tab, or the person has gone elsewhere.
  if (room.key !== thread) return void discover();
  drop(draftKey());
  if (room.info) {
    learnOf([info]);
    return enter(roomOf(id)!, state.draft, state.view);
  }
  room.key = id;
  room.info = info;
  room.phase = "ready";
  room.mark = 0;
  // Listed before its answer came.
  state.rooms = state.rooms.filter(({ key }) => key !== id);
  write(state.draft);
  follow(room as Listed, 0);
}

/** Another tab has sent a message: it stays on the screen, until its conversation brings it. */
export function sentElsewhere({ key, oldValue, newValue }: StorageEvent): void {
  // By what is stored now: several notices may come at once.
  if (!key?.startsWith(unsent()) || load(key)) return;
  const entry = decode<OutboxEntry>(newValue ?? oldValue);
  state.sent = state.sent.filter(({ client_id }) => client_id !== entry?.client_id);
  // What had failed was thrown away.
  if (entry?.state === "queued") state.sent.push(entry);
  if (!state.room.info) void discover();
}

/** Sends what was written before that was known, to the open conversation if there is one. */
export function sendEarly(open: Room | undefined): void {
  const principal = session.principal();
  const written = stored(earlyOf(principal));
  // Whoever wrote that before the page was loaded may have been somebody else than a user of the
  // host who is there now. For a stranger the browser is all that there is to know.
  if (!session.answer()?.visitor.verified) written.push(...stored(earlyOf(session.nobody)));
  const all = new Map([...written, ...early].map((entry) => [entry.client_id, entry]));
  // By the time at which they were written.
  for (const [, { thread, ...entry }] of [...all].sort()) {
    put({ ...entry, thread: open?.key ?? thread, conversation_id: open?.key ?? null });
  }
  keys(earlyOf(principal)).forEach(drop);
  forgetEarly();
}

/** Whether something was written before the page was loaded, by nobody of whom more is known. */
export const hasEarly = (): boolean => keys(earlyOf(session.nobody)).length > 0;

function forgetEarly(): void {
  early = [];
  keys(earlyOf(session.nobody)).forEach(drop);
}

/** The visitor is another one. */
export function stopSending(): void {
  outbox?.close();
  outbox = null;
  forgetEarly();
}

// What was refused for good.

const withOutbox = (use: (outbox: Outbox) => unknown) =>
  void prepare().then(() => outbox && use(outbox));

export const resend = (id: string) => withOutbox((outbox) => outbox.retry(id));

export const discard = (id: string) => withOutbox((outbox) => outbox.remove(id));

/** Takes the message back into the box. */
export const edit = (id: string) =>
  withOutbox((outbox) => {
    const entry = outbox.remove(id);
    if (entry) write([entry.body, state.draft].join("\n").trim());
    show({ focus: true });
  });
