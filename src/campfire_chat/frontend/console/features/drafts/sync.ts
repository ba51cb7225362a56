import { effect } from "@preact/signals";
import { ApiError } from "../../../common/api";
import { listen } from "../../../common/listen";
import type { DraftRecord, DraftSave, Page } from "../../../common/types";
import { may } from "../../shell/permissions";
import { createRecovery, mayRecover, type Recovery } from "../../shell/recovery";
import { api, connection } from "../../shell/session";
import { openId } from "../conversations/route";
import { inComposer } from "../messages/focus";
import { draftIds, peekDraft, putDraft, type Draft, type KeptDraft } from "./drafts";
import { hasText, isSame, merge } from "./join";

/** Milliseconds without a letter after which a draft goes to the server, and at the latest. */
const IDLE = 1500;
const LATEST = 6000;
/**
 * Milliseconds between two saves while somebody types. Each save wakes all agents of the
 * organisation and adds two events to the log. Nobody waits for it: leaving the field saves too.
 */
const APART = 30_000;

/** UTF-16 units that fit into a request that outlives the page, whatever they are in JSON. */
const OUTLIVES = 10_000;
/** So many texts are remembered of which the server may have stored one. */
const MOST_TOLD = 10;

const timers = new Map<string, number>();
/** When the first change came that the server has not been told. */
const begun = new Map<string, number>();
/** When a draft was saved last, if what the server has is what was written here. */
const saved = new Map<string, number>();
/** What is on its way. */
const pushing = new Set<string>();
/** What was to be told while it was on its way. */
const again = new Set<string>();
/** What did not arrive, and is told again. */
const recoveries = new Map<string, Recovery>();
/** Until then the server wants nothing. */
let heldUntil = 0;
/** What changed elsewhere while somebody types here. */
const waiting = new Map<string, DraftRecord>();
/** Which draft is on the server, as events have told while another one was on its way. */
const heard = new Map<string, string | null>();
/** Counts questions, and answers to what was told. */
let turn = 0;
/** The turn that what is known of a draft comes from: what was asked before is older. */
const known = new Map<string, number>();
/** Whether a button of the mouse or a finger is down: what is pressed must not change. */
let pressed = false;

const keeps = () => may("drafts.write");
const path = (id: string) => `conversations/${encodeURIComponent(id)}/draft`;

const written = ({ mode, reply, note, quoting }: Draft): DraftSave => ({
  reply,
  note,
  visibility: mode === "note" ? "internal" : "public",
  reply_to: quoting,
});

const read = ({ reply, note, visibility, reply_to, updated_at }: DraftRecord): KeptDraft => ({
  mode: visibility === "internal" ? "note" : "reply",
  reply,
  note,
  quoting: reply_to,
  base: updated_at,
  due: false,
  told: [],
});

/** Somebody has written something here. */
export function changeDraft(id: string, draft: Draft, { atOnce = false } = {}): void {
  const before = peekDraft(id);
  // What the server has never had, and what says nothing, it need not be told.
  const due = keeps() && (before.due || hasText(draft) || before.base !== null);
  putDraft(id, { ...before, ...draft, due });
  if (due) schedule(id, atOnce ? 0 : IDLE);
}

function schedule(id: string, delay: number): void {
  const now = performance.now();
  const first = begun.get(id) ?? now;
  begun.set(id, first);
  clearTimeout(timers.get(id));
  const soonest = delay && isTyped(id) ? (saved.get(id) ?? -APART) + APART : 0;
  const wait = Math.max(
    ...[0, heldUntil - now, soonest - now],
    Math.min(delay, first + LATEST - now),
  );
  timers.set(id, window.setTimeout(() => void push(id), wait));
}

/** Tells the server of a draft. What did not arrive is told again. */
async function push(id: string): Promise<void> {
  const sent = peekDraft(id);
  // Whoever is on the way does it again when it comes back.
  if (pushing.has(id)) return void again.add(id);
  if (!sent.due) return;
  clearTimeout(timers.get(id));
  begun.delete(id);
  saved.set(id, performance.now());
  pushing.add(id);
  again.delete(id);
  heard.delete(id);
  const { mode, reply, note, quoting } = sent;
  const others = sent.told.filter((text) => !isSame(text, sent));
  putDraft(id, {
    ...sent,
    told: [...others, { mode, reply, note, quoting }].slice(-MOST_TOLD),
  });
  const refusal = await tell(id, sent).finally(() => {
    pushing.delete(id);
    known.set(id, ++turn);
  });
  if (mayRecover(refusal)) return tellAgain(id, refusal!.retryAfter);
  recoveries.get(id)?.done();
  recoveries.delete(id);
  // Refused for good: it stays in this browser, and is told again with the next letter.
  if (refusal && refusal.code !== "draft_stale") return;
  if (refusal) take(refusal.details as unknown as DraftRecord);
  const last = heard.get(id);
  if (last !== undefined && last !== peekDraft(id).base) await look(id);
  // What was sent meanwhile is no draft on other devices any more.
  if (peekDraft(id).due) schedule(id, again.delete(id) ? 0 : IDLE);
}

/** @returns Why it was not stored; null: it was. */
async function tell(id: string, sent: KeptDraft): Promise<ApiError | null> {
  try {
    const stored = await api.request<DraftRecord>("PUT", path(id), {
      body: { ...written(sent), base: sent.base },
      // When the page is left, it goes on. What did not work is tried without that.
      keepalive: sent.reply.length + sent.note.length <= OUTLIVES && !recoveries.has(id),
    });
    const now = peekDraft(id);
    putDraft(id, { ...now, base: stored.updated_at, told: [], due: !isSame(now, sent) });
    // It was older than what this one builds on.
    waiting.delete(id);
    return null;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function tellAgain(id: string, seconds: number): void {
  heldUntil = Math.max(heldUntil, performance.now() + 1000 * seconds);
  const recovery = recoveries.get(id) ?? createRecovery();
  recoveries.set(id, recovery);
  recovery.failed(() => schedule(id, 0));
}

/** Asks for the draft that is on the server. */
async function look(id: string): Promise<void> {
  const asked = ++turn;
  try {
    receive(await api.get<DraftRecord>(path(id)), asked);
  } catch (error) {
    // The list is asked for when the connection is back; what may not be seen is not looked at.
    if (!(error instanceof ApiError)) throw error;
  }
}

const isTyped = (id: string): boolean =>
  openId.peek() === id &&
  inComposer(document.activeElement) &&
  document.hasFocus() &&
  hasText(peekDraft(id));

/** @param asked The turn of the question. What has become known since is newer. */
function receive(there: DraftRecord, asked: number): void {
  const id = there.conversation_id;
  if (pushing.has(id) || asked < (known.get(id) ?? 0)) return;
  known.set(id, asked);
  take(there);
}

function take(there: DraftRecord): void {
  const id = there.conversation_id;
  const here = peekDraft(id);
  waiting.delete(id);
  if (there.updated_at === here.base) return;
  if (pressed || (!here.due && isTyped(id))) return void waiting.set(id, there);
  const both = merge(here, read(there));
  putDraft(id, both);
  if (!both.due) return;
  // What was put together is told soon, also while somebody types.
  saved.delete(id);
  schedule(id, IDLE);
}

/** Nobody types there any more: what changed elsewhere is shown. */
function showWaiting(): void {
  for (const [id, there] of [...waiting]) if (!pushing.has(id)) take(there);
}

/** An event has said that the draft of a conversation has changed. */
export function hearOf(id: string, updatedAt: string | null): void {
  if (pushing.has(id)) heard.set(id, updatedAt);
  else if (keeps() && updatedAt !== peekDraft(id).base) void look(id);
}

/** Tells what is due, and asks for what there is by then. */
export async function syncDrafts(): Promise<void> {
  if (!keeps()) return;
  await flush();
  const asked = ++turn;
  const found: DraftRecord[] = [];
  let cursor: string | null = null;
  try {
    do {
      const page: Page<DraftRecord> = await api.get("drafts", { cursor, limit: 100 });
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
  } catch (error) {
    // Asked again when the connection is back. Each is asked for when it changes.
    if (error instanceof ApiError) return;
    throw error;
  }
  for (const there of found) receive(there, asked);
  const ids = new Set(found.map(({ conversation_id }) => conversation_id));
  for (const id of draftIds()) {
    const { base, due } = peekDraft(id);
    // It was sent or given up elsewhere.
    if (!ids.has(id) && base !== null && !due && !pushing.has(id)) await look(id);
  }
}

const flush = () => Promise.all(draftIds().map(push));

/** A button of the mouse or a finger has gone down, or up again. */
function press(down: boolean): void {
  pressed = down;
  // After the click, which is for what was on the screen.
  if (!down) setTimeout(showWaiting);
}

export function watchDrafts(): void {
  connection.on("state", (state) => state === "online" && void syncDrafts());
  // Whoever puts the phone away goes on at the desk.
  listen(document, "visibilitychange", () => document.hidden && void flush());
  listen<PointerEvent>(document, "pointerdown", ({ button }) => press(button === 0), true);
  listen(document, "pointerup pointercancel", () => press(false), true);
  // Once the next element has the focus: within the composer, somebody is still at it.
  listen(document, "focusout", () =>
    setTimeout(() => {
      if (keeps()) void flush();
      showWaiting();
    }),
  );
  effect(() => {
    void openId.value;
    // After the new conversation is there: what was typed in the old one is not any more.
    setTimeout(showWaiting);
  });
}
