import { computed, effect, signal } from "@preact/signals";
import type { OutboxEntry } from "../../../common/entries";
import type { Visibility } from "../../../common/types";
import { characters, isBlank } from "../../../common/text";
import { may } from "../../shell/permissions";
import { bodyLimit, connection } from "../../shell/session";
import { moveOnAfter } from "../conversations/changes";
import { draftOf, type Draft, type Mode } from "../drafts/drafts";
import { changeDraft } from "../drafts/sync";
import { focusField, focusThread } from "./focus";
import { setResolving } from "../conversations/lists";
import { openId } from "../conversations/route";
import { editable, stored } from "../mentions/mentions";
import { acknowledge, canUndo, discard, held, leaving, sendMessage } from "./sending";
import { thread } from "./thread";

const MODES: readonly (readonly [Mode, string])[] = [
  ["reply", "conversations.reply"],
  ["note", "notes.write"],
];
/** What this agent may write. */
export const modes = computed<readonly Mode[]>(() =>
  MODES.filter(([, permission]) => may(permission)).map(([mode]) => mode),
);
/** Whether this agent may still edit and delete own messages, or own notes. */
export const mayWrite = ({ visibility }: { visibility: Visibility }): boolean =>
  modes.value.includes(visibility === "internal" ? "note" : "reply");

/** Milliseconds between typing frames; the server forgets them after five. */
const TYPING_PERIOD = 2500;

/** Milliseconds between proofs of the session while one types; the first letter asks for one. */
const PROOF_WHILE_TYPING = 5000;

/** Counts up when the field should take the focus. */
export const focusRequests = signal(0);
/** The message that is being edited in the thread. */
export const editing = signal<string | null>(null);
/** Whether that was begun in the field of the composer, which then gets the focus back. */
let editedFromField = false;

export function edit(message: string, { fromField = false } = {}): void {
  editedFromField = fromField;
  editing.value = message;
}

/** The focus goes back to where it was: letters must not land in a message by accident. */
export function stopEditing(): void {
  editing.value = null;
  if (editedFromField) focusComposer();
  else focusThread();
}

export const draft = computed<Draft>(() => {
  const found = draftOf(openId.value ?? "");
  const [first] = modes.value;
  return first && !modes.value.includes(found.mode) ? { ...found, mode: first } : found;
});
export const written = computed(() => draft.value[draft.value.mode]);

function change(part: Partial<Draft>, options?: { atOnce: boolean }): void {
  const id = openId.peek();
  if (!id) return;
  const { mode, reply, note, quoting } = draft.peek();
  changeDraft(id, { mode, reply, note, quoting, ...part }, options);
}

export function write(body: string): void {
  const { mode } = draft.peek();
  // Done while one types, so that nobody waits for it when sending; the send minds a refusal.
  if (body) connection.prove(written.peek() ? PROOF_WHILE_TYPING : 0).catch(() => undefined);
  change({ [mode]: body });
  if (mode === "reply") tellTyping(!isBlank(body));
}

export function chooseMode(mode: Mode): void {
  if (!modes.peek().includes(mode)) return;
  if (mode === "note") tellTyping(false);
  change({ mode });
}

export function focusComposer(mode?: Mode): void {
  if (mode) chooseMode(mode);
  // At once, so that what is typed next lands in it; a field that is not there yet asks later.
  focusField();
  focusRequests.value++;
}

export function quote(message: string | null): void {
  change({ quoting: message });
  if (message) focusRequests.value++;
}

/** Sends what is written. A reply never quotes a note: the visitor must not learn of it. */
export function send({ resolve = false } = {}): boolean {
  const conversation = openId.peek();
  const { mode, quoting } = draft.peek();
  const body = mode === "note" ? stored(written.peek()) : written.peek();
  if (!conversation || isBlank(body) || characters(body) > bodyLimit.peek()) return false;
  const quoted = quoting ? thread.peek()?.messages.peek().get(quoting) : undefined;
  const seen = mode === "note" || quoted?.visibility === "public";
  const allowed = quoted && !quoted.deleted_at && seen;
  const resolving = resolve && mode === "reply";
  sendMessage({
    conversation,
    body,
    visibility: mode === "note" ? "internal" : "public",
    replyTo: allowed ? quoted.id : null,
    resolve: resolving,
  });
  tellTyping(false);
  change({ [mode]: "", quoting: null }, { atOnce: true });
  if (resolving) moveOnAfter(conversation, () => setResolving(conversation, true));
  return true;
}

/** Takes a message that was refused back into the field, before what was written there since. */
export function takeBack({ client_id, body, visibility, reply_to }: OutboxEntry): void {
  const mode: Mode = visibility === "internal" ? "note" : "reply";
  const before = mode === "note" ? editable(body) : body;
  const parts = [before, draft.peek()[mode]].filter((part) => !isBlank(part));
  discard(client_id);
  change({ mode, [mode]: parts.join("\n"), quoting: reply_to });
  focusComposer();
}

/** Takes a message back that has not left yet: this one, or the last; whether there was one. */
export function undo(entry = leaving.peek().findLast(canUndo)): boolean {
  if (!entry || !canUndo(entry)) return false;
  takeBack(entry);
  return true;
}

/** Takes the replies that wait for their writer back into the field; whether there were any. */
export function takeBackHeld(): boolean {
  const entries = held.peek();
  if (!entries.length) return false;
  acknowledge();
  // Each comes before what is in the field.
  for (const entry of [...entries].reverse()) takeBack(entry);
  return true;
}

export function discardHeld(): void {
  acknowledge();
  for (const { client_id } of held.peek()) discard(client_id);
  focusComposer();
}

// Typing, for replies only: that a note is being written is nobody's business.

let typingIn: string | null = null;
let toldAt = 0;
let idle = 0;

export function tellTyping(active: boolean): void {
  clearTimeout(idle);
  const conversation = openId.peek();
  if (!active) {
    if (typingIn) connection.signal({ type: "typing", conversation_id: typingIn, active: false });
    typingIn = null;
    return;
  }
  if (!conversation) return;
  idle = window.setTimeout(() => tellTyping(false), 2 * TYPING_PERIOD);
  if (typingIn === conversation && Date.now() - toldAt < TYPING_PERIOD) return;
  typingIn = conversation;
  toldAt = Date.now();
  connection.signal({ type: "typing", conversation_id: conversation, active: true });
}

/** Leaving a conversation ends typing and editing there. */
export function watchLeaving(): void {
  let before = openId.peek();
  effect(() => {
    const id = openId.value;
    if (id === before) return;
    before = id;
    tellTyping(false);
    editing.value = null;
  });
}
