import { computed, signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import type { Page, SavedReplyEvent, SavedReplyRecord } from "../../../common/types";
import { may } from "../../shell/permissions";
import { api, me, reason } from "../../shell/session";

/** Saved replies that are asked for at once. */
const PAGE = 100;
const PATH = "saved-replies";

const known = signal<ReadonlyMap<string, SavedReplyRecord>>(new Map());
/** `idle`: nobody has asked for them yet; `renewing`: what is shown is of before. */
export const phase = signal<"idle" | "loading" | "ready" | "renewing" | "failed">("idle");
export const problem = signal("");

const compare = new Intl.Collator(undefined, { numeric: true }).compare;
/** In the order of their shortcuts. */
export const replies = computed<readonly SavedReplyRecord[]>(() =>
  [...known.value.values()].sort((a, b) => compare(a.shortcut, b.shortcut) || (a.id < b.id ? -1 : 1)),
);

/** Grows with each event of a saved reply: an older answer about it comes to nothing. */
const turns = new Map<string, number>();
/** An event came while all of them were asked for, so the answer may be of before. */
let outdated = false;

export async function load(): Promise<void> {
  if (phase.peek() === "loading" || phase.peek() === "renewing") {
    outdated = true;
    return;
  }
  phase.value = known.peek().size ? "renewing" : "loading";
  try {
    let found: Map<string, SavedReplyRecord>;
    do {
      outdated = false;
      found = new Map();
      let cursor: string | null = null;
      do {
        const query = { cursor, limit: PAGE };
        const page: Page<SavedReplyRecord> = await api.get(PATH, query);
        for (const record of page.items) found.set(record.id, record);
        cursor = page.next_cursor;
      } while (cursor);
    } while (outdated);
    known.value = found;
    phase.value = "ready";
  } catch (error) {
    problem.value = reason(error);
    phase.value = "failed";
  }
}

/** Loads them unless they are there: from then on events keep them current. */
export function ensure(): void {
  if (phase.peek() === "idle" || phase.peek() === "failed") void load();
}

/** What was loaded has to be loaded again. */
export function reload(): void {
  if (phase.peek() !== "idle") void load();
}

function set(record: SavedReplyRecord): void {
  known.value = new Map(known.peek()).set(record.id, record);
}

function drop(id: string): void {
  const next = new Map(known.peek());
  if (next.delete(id)) known.value = next;
}

/** Another turn for a saved reply; null while nothing is loaded that could be kept current. */
function turn(id: string): number | null {
  if (phase.peek() === "idle") return null;
  if (phase.peek() !== "ready") outdated = true;
  const mine = (turns.get(id) ?? 0) + 1;
  turns.set(id, mine);
  return mine;
}

/** The event does not say what it says now: whoever sees it asks. */
export async function changed({ id, owner_id }: SavedReplyEvent): Promise<void> {
  const mine = turn(id);
  if (mine === null) return;
  if (owner_id !== null && owner_id !== me.peek()?.id) return drop(id);
  try {
    const record = await api.get<SavedReplyRecord>(`${PATH}/${encodeURIComponent(id)}`);
    if (turns.get(id) === mine) set(record);
  } catch (error) {
    if (turns.get(id) !== mine) return;
    if (error instanceof ApiError && error.status === 404) drop(id);
    else void load();
  }
}

export function deleted({ id }: SavedReplyEvent): void {
  if (turn(id) !== null) drop(id);
}

export interface Writing {
  readonly shortcut: string;
  readonly title: string;
  readonly body: string;
  readonly shared: boolean;
}

/** Creates one, or changes the one with that id. */
export async function save(id: string | null, body: Writing): Promise<SavedReplyRecord> {
  const record = await (id
    ? api.request<SavedReplyRecord>("PATCH", `${PATH}/${encodeURIComponent(id)}`, { body })
    : api.post<SavedReplyRecord>(PATH, body));
  if (turn(record.id) !== null) set(record);
  return record;
}

export async function remove(id: string): Promise<void> {
  await api.request<SavedReplyRecord>("DELETE", `${PATH}/${encodeURIComponent(id)}`);
  if (turn(id) !== null) drop(id);
}

export const mayShare = (): boolean => may("saved_replies.share");
export const mayWrite = (): boolean => may("saved_replies.write");
export const mayCreate = (): boolean => mayShare() || mayWrite();

/** Whether this agent may change it. */
export const mayEdit = ({ owner_id }: SavedReplyRecord): boolean =>
  owner_id === null ? mayShare() : mayWrite();
