import { effect } from "@preact/signals";
import { ApiError } from "../../../common/api";
import { listen } from "../../../common/listen";
import type { DraftRecord, DraftSave, Page } from "../../../common/types";
import { may } from "../../shell/permissions";
import { api, connection } from "../../shell/session";
import { openId } from "../conversations/route";
import { FIELD } from "../messages/focus";
import {
  draftIds,
  hasText,
  isSame,
  peekDraft,
  putDraft,
  type Draft,
  type KeptDraft,
} from "./drafts";
import { join } from "./join";

/** Milliseconds without a letter after which a draft goes to the server, and at the latest. */
const IDLE = 1500;
const LATEST = 6000;

const timers = new Map<string, number>();
/** When the first change came that the server has not been told. */
const begun = new Map<string, number>();
/** What is on its way. */
const pushing = new Set<string>();
/** What changed elsewhere while somebody types here. */
const waiting = new Map<string, DraftRecord>();
/** Which draft is on the server by now, as far as events have told. */
const heard = new Map<string, string | null>();

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
  const wait = Math.max(0, Math.min(delay, first + LATEST - now));
  timers.set(id, window.setTimeout(() => void push(id), wait));
}

/** Tells the server of a draft. What cannot be told now is told when the connection is back. */
async function push(id: string): Promise<void> {
  const sent = peekDraft(id);
  // Whoever is on the way looks again when it comes back.
  if (pushing.has(id) || !sent.due) return;
  clearTimeout(timers.get(id));
  begun.delete(id);
  pushing.add(id);
  let stale = false;
  try {
    const body = { ...written(sent), base: sent.base };
    const stored = await api.request<DraftRecord>("PUT", path(id), { body });
    const now = peekDraft(id);
    putDraft(id, { ...now, base: stored.updated_at, due: !isSame(now, sent) });
  } catch (error) {
    stale = error instanceof ApiError && error.code === "draft_stale";
    // It stays in this browser, and is told again with the next letter.
    if (!stale) return;
  } finally {
    pushing.delete(id);
  }
  const known = heard.get(id);
  if (stale || (known !== undefined && known !== peekDraft(id).base)) await look(id);
  if (peekDraft(id).due) schedule(id, IDLE);
}

/** Asks for the draft that is on the server. */
async function look(id: string): Promise<void> {
  try {
    receive(await api.get<DraftRecord>(path(id)));
  } catch (error) {
    // The list is asked for when the connection is back; what may not be seen is not looked at.
    if (!(error instanceof ApiError)) throw error;
  }
}

const isTyped = (id: string): boolean =>
  openId.peek() === id &&
  document.activeElement?.id === FIELD &&
  document.hasFocus() &&
  hasText(peekDraft(id));

function receive(there: DraftRecord): void {
  const id = there.conversation_id;
  const here = peekDraft(id);
  heard.set(id, there.updated_at);
  if (there.updated_at === here.base) return void waiting.delete(id);
  const other = read(there);
  if (here.due) {
    waiting.delete(id);
    const both = {
      mode: here.mode,
      reply: join(here.reply, other.reply),
      note: join(here.note, other.note),
      quoting: here.quoting ?? other.quoting,
    };
    const due = !isSame(both, other);
    putDraft(id, { ...both, base: other.base, due });
    if (due) schedule(id, IDLE);
  } else if (isTyped(id)) {
    waiting.set(id, there);
  } else {
    waiting.delete(id);
    putDraft(id, hasText(other) ? other : { ...other, mode: here.mode });
  }
}

/** Nobody types there any more: what changed elsewhere is shown. */
function showWaiting(): void {
  for (const there of [...waiting.values()]) receive(there);
}

/** An event has said that the draft of a conversation has changed. */
export function hearOf(id: string, updatedAt: string | null): void {
  heard.set(id, updatedAt);
  if (keeps() && !pushing.has(id) && updatedAt !== peekDraft(id).base) void look(id);
}

/** Tells what is due, and asks for what there is. */
export async function syncDrafts(): Promise<void> {
  if (!keeps()) return;
  flush();
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
  found.forEach(receive);
  const known = new Set(found.map(({ conversation_id }) => conversation_id));
  for (const id of draftIds()) {
    const { base, due } = peekDraft(id);
    // It was sent or given up elsewhere.
    if (!known.has(id) && base !== null && !due && !pushing.has(id)) await look(id);
  }
}

function flush(): void {
  for (const id of draftIds()) if (peekDraft(id).due) void push(id);
}

export function watchDrafts(): void {
  connection.on("state", (state) => state === "online" && void syncDrafts());
  // Whoever puts the phone away goes on at the desk.
  listen(document, "visibilitychange", () => document.hidden && flush());
  listen(document, "focusout", () => setTimeout(showWaiting));
  effect(() => {
    void openId.value;
    // After the new conversation is there: what was typed in the old one is not any more.
    setTimeout(showWaiting);
  });
}

