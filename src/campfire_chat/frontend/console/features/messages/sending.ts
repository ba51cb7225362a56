import { computed, signal } from "@preact/signals";
import { newEntry, type OutboxEntry } from "../../../common/entries";
import { listen } from "../../../common/listen";
import { createOutbox, UNDO, undoLeft, type Outbox, type Stored } from "../../../common/outbox";
import { decode, drop, keys, load, save } from "../../../common/storage";
import type { Message, Preview, Visibility } from "../../../common/types";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { undoSend } from "../../shell/appearance";
import { api, connection, me } from "../../shell/session";
import { beforeStatus, setStatus } from "../conversations/changes";
import { setResolving } from "../conversations/lists";
import { toast } from "../../shell/overlay";
import { go, openId } from "../conversations/route";
import { seenIn } from "./seen";
import { putMessage, thread } from "./thread";

/** Kept beside the entry, so that "Send and resolve" survives a reload between the two. */
const RESOLVE = "campfire:console:resolve:";

/** The details of `answered_since`. */
interface AnsweredSince {
  /** The last seq of the conversation. */
  readonly head: number;
  /** The newest messages that the writer had not seen, the oldest first. */
  readonly messages: readonly Preview[];
}

const entries = signal<readonly OutboxEntry[]>([]);
let outbox: Outbox | null = null;

const here = computed(() =>
  entries.value.filter(({ conversation_id }) => conversation_id === openId.value),
);
/** Whether a reply waits for its writer, since a colleague has answered. */
const isHeld = ({ state, error }: OutboxEntry): boolean =>
  state === "failed" && error?.code === "answered_since";

/** What is on its way in the open conversation. */
export const leaving = computed(() => here.value.filter((entry) => !isHeld(entry)));
/** The replies there that wait for their writer. */
export const held = computed(() => here.value.filter(isHeld));

/** Stored: it becomes an ordinary message at once, without waiting for its event. */
function stored(entry: OutboxEntry, ok: Stored | null): void {
  const sender = me.peek();
  const { conversation_id, client_id, body, visibility, reply_to } = entry;
  if (sender && conversation_id && ok) {
    const message: Message = {
      id: ok.message_id,
      conversation_id,
      visibility,
      seq: ok.seq,
      at: ok.at,
      sender: { kind: "agent", id: sender.id, name: sender.name, avatar_url: sender.avatar_url },
      kind: "text",
      body,
      client_id,
      reply_to,
      edited_at: null,
      deleted_at: null,
      redacted_at: null,
    };
    // Its event may have come first, and has the text as it is stored: the host app may change it.
    if (!thread.peek()?.messages.peek().has(message.id)) putMessage(message);
  }
  if (conversation_id && load<boolean>(RESOLVE + client_id)) {
    drop(RESOLVE + client_id);
    void setStatus(conversation_id, { status: "resolved" }).finally(() =>
      setResolving(conversation_id, false),
    );
  }
}

/** A message that was refused is said where its conversation is no longer on the screen. */
function watchFailures(before: readonly OutboxEntry[], now: readonly OutboxEntry[]): void {
  const known = new Set(before.filter(({ state }) => state === "failed").map((e) => e.client_id));
  for (const { client_id, conversation_id, state, error } of now) {
    if (state !== "failed" || known.has(client_id) || !conversation_id) continue;
    setResolving(conversation_id, false);
    if (conversation_id === openId.peek()) continue;
    toast(common.failed.reason(text.notSent, error?.message ?? ""), {
      urgent: true,
      action: { label: text.openIt, run: () => go(conversation_id) },
    });
  }
}

export function startSending(): void {
  const principal = me.peek();
  if (!principal || outbox) return;
  outbox = createOutbox({
    storage: { decode, drop, keys, load, save },
    listen,
    principal: `agent:${principal.organization}:${principal.id}`,
    api,
    connection,
    onChange: (now) => {
      watchFailures(entries.peek(), now);
      entries.value = now;
    },
    onSent: stored,
  });
  entries.value = outbox.entries();
  outbox.flush();
  beforeStatus(sendWaiting);
  // Closed now, it would leave with the next visit only.
  listen<BeforeUnloadEvent>(window, "beforeunload", (event) => {
    if (entries.peek().some(canUndo)) event.preventDefault();
  });
}

export interface Outgoing {
  conversation: string;
  body: string;
  visibility: Visibility;
  replyTo: string | null;
  resolve: boolean;
}

export function sendMessage(outgoing: Outgoing): void {
  const { conversation, body, visibility, replyTo, resolve } = outgoing;
  const entry = newEntry({
    thread: conversation,
    conversation_id: conversation,
    body,
    visibility,
    reply_to: replyTo,
    seen: visibility === "public" ? seenIn(conversation) : undefined,
    // Who resolves goes on to the next conversation, and would not see that it can be undone.
    not_before: undoSend.peek() && !resolve ? Date.now() + UNDO : undefined,
  });
  if (outbox && resolve) save(RESOLVE + entry.client_id, true);
  outbox?.add(entry);
}

/** Whether a message can still be undone: nothing of it has left. */
export const canUndo = (entry: OutboxEntry): boolean =>
  entry.state === "queued" && undoLeft(entry) > 0;

/** Sends at once what waits for its undo in a conversation; resolves when none of it waits. */
async function sendWaiting(conversation: string): Promise<void> {
  const waiting = entries
    .peek()
    .filter((entry) => entry.conversation_id === conversation && canUndo(entry))
    .map(({ client_id }) => client_id);
  if (!waiting.length) return;
  for (const id of waiting) outbox?.retry(id, { not_before: undefined });
  const isLeft = ({ client_id, state }: OutboxEntry) =>
    state === "queued" && waiting.includes(client_id);
  await new Promise<void>((resolve) => {
    const stop = entries.subscribe((now) => {
      if (now.some(isLeft)) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** What the server has said of a held reply: what its writer had not seen. */
export const answered = ({ error }: OutboxEntry): AnsweredSince => {
  const { head = 0, messages = [] } = (error?.details ?? {}) as Partial<AnsweredSince>;
  return { head, messages };
};

/** What held the replies is known now, and holds none any more. */
export function acknowledge(): void {
  const opened = thread.peek();
  if (!opened) return;
  opened.known.value = Math.max(
    opened.known.peek(),
    ...held.peek().map((entry) => answered(entry).head),
  );
}

/** Sends the replies that wait, whatever was said up to what their writer was shown. */
export function sendAnyway(): void {
  acknowledge();
  for (const entry of held.peek()) {
    const seen = Math.max(answered(entry).head, seenIn(entry.thread) ?? 0);
    outbox?.retry(entry.client_id, { seen });
  }
}

export const retry = (clientId: string): void => outbox?.retry(clientId);

export function discard(clientId: string): void {
  drop(RESOLVE + clientId);
  outbox?.remove(clientId);
}
