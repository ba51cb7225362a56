import { batch, computed, signal } from "@preact/signals";
import { load, save } from "../../shared/storage";
import type {
  AgentConversation,
  ConversationSummary,
  Page,
  Status,
} from "../../shared/types";
import { contactName, plain } from "../format";
import { api, me, reason } from "./core";
import { openId } from "./route";

export type View = "mine" | "unassigned" | "all";
export const VIEWS: readonly View[] = ["mine", "unassigned", "all"];
export const STATUSES: readonly Status[] = ["open", "pending", "snoozed", "resolved"];

/** A conversation and how many of its visitor's messages this agent has read. */
export interface Row {
  readonly summary: ConversationSummary;
  readonly myRead: number;
  /** The seq up to which this page has read it, ahead of what the summary may know. */
  readonly readSeq: number;
}

/** How far one list has been loaded. */
export interface Progress {
  readonly phase: "idle" | "loading" | "failed";
  readonly error: string;
  /** Whether the first page is there. */
  readonly loaded: boolean;
  readonly cursor: string | null;
  /** Activity of the last row loaded; older rows that are known by chance would leave gaps. */
  readonly bound: string | null;
}

const FRESH: Progress = { phase: "idle", error: "", loaded: false, cursor: null, bound: null };
const PAGE = 50;
const PLACE = "campfire:console:place";

const kept = load<{ view: View; status: Status }>(PLACE);
export const view = signal<View>(VIEWS.find((name) => name === kept?.view) ?? "all");
export const status = signal<Status>(STATUSES.find((name) => name === kept?.status) ?? "open");
export const filter = signal("");

export const rows = signal<ReadonlyMap<string, Row>>(new Map());
const progresses = signal<ReadonlyMap<string, Progress>>(new Map());

const keyOf = (of: View, having: Status) => `${of}:${having}`;

export const progressOf = (of: View, having: Status): Progress =>
  progresses.value.get(keyOf(of, having)) ?? FRESH;

export const progress = computed(() => progressOf(view.value, status.value));

function setProgress(key: string, change: Partial<Progress>): void {
  const next = new Map(progresses.peek());
  next.set(key, { ...(next.get(key) ?? FRESH), ...change });
  progresses.value = next;
}

export const unreadOf = ({ summary, myRead }: Row): number =>
  Math.max(0, summary.counts.visitor - myRead);

function belongs(summary: ConversationSummary, of: View): boolean {
  if (of === "mine") return summary.assignee?.id === me.value?.id;
  if (of === "unassigned") return summary.assignee === null;
  return true;
}

const byActivity = (a: Row, b: Row): number =>
  a.summary.last_activity_at === b.summary.last_activity_at
    ? b.summary.id.localeCompare(a.summary.id)
    : a.summary.last_activity_at < b.summary.last_activity_at
      ? 1
      : -1;

/** The rows of the chosen view and status, newest activity first, as far as it was loaded. */
export const listed = computed<readonly Row[]>(() => {
  const { cursor, bound } = progress.value;
  const chosen = [...rows.value.values()].filter(
    ({ summary }) =>
      summary.status === status.value &&
      belongs(summary, view.value) &&
      (cursor === null || bound === null || summary.last_activity_at >= bound),
  );
  return chosen.sort(byActivity);
});

/** Everything a row can be found by. */
export function haystack({ contact, subject, tags, last_message, assignee }: ConversationSummary) {
  const words = [
    contactName(contact),
    contact.email,
    contact.external_id,
    subject,
    last_message?.text,
    assignee?.name,
    ...tags,
  ];
  return plain(words.join("\n"));
}

export const matching = computed<readonly Row[]>(() => {
  const wanted = plain(filter.value.trim());
  if (!wanted) return listed.value;
  return listed.value.filter(({ summary }) => haystack(summary).includes(wanted));
});

/** Open conversations with something unread, per view. */
export const unreadViews = computed<Record<View, number>>(() => {
  const counts = { mine: 0, unassigned: 0, all: 0 };
  for (const row of rows.value.values()) {
    if (row.summary.status !== "open" || !unreadOf(row)) continue;
    for (const name of VIEWS) if (belongs(row.summary, name)) counts[name]++;
  }
  return counts;
});

/** What concerns this agent: unread of their own and of nobody's. */
export const unreadTotal = computed(() => unreadViews.value.mine + unreadViews.value.unassigned);

export const knownTags = computed(() => {
  const found = new Set<string>();
  for (const { summary } of rows.value.values()) for (const tag of summary.tags) found.add(tag);
  return [...found].sort((a, b) => a.localeCompare(b));
});

// Merging what the server says.

/** Both heads only grow, so their sum tells which of two summaries is the newer. */
const version = ({ head, notes_head }: ConversationSummary) => head + notes_head;

function place(row: Row): void {
  const next = new Map(rows.peek());
  next.set(row.summary.id, row);
  rows.value = next;
}

/** When everything up to the last message was read, nothing is unread, whoever wrote it. */
function settled(summary: ConversationSummary, myRead: number, readSeq: number): Row {
  const all = summary.last_message !== null && summary.last_message.seq <= readSeq;
  return { summary, myRead: all ? summary.counts.visitor : myRead, readSeq };
}

function merged(conversation: AgentConversation, known: Row | undefined): Row {
  const myRead = conversation.counts.visitor - conversation.unread;
  const newer = !known || version(conversation) >= version(known.summary);
  return settled(
    newer ? conversation : known.summary,
    Math.max(myRead, known?.myRead ?? 0),
    known?.readSeq ?? 0,
  );
}

export function putConversation(conversation: AgentConversation): void {
  touched.add(conversation.id);
  place(merged(conversation, rows.peek().get(conversation.id)));
}

/** A `conversation.updated` event. */
export function putSummary(summary: ConversationSummary): void {
  touched.add(summary.id);
  const known = rows.peek().get(summary.id);
  if (known) {
    if (version(summary) >= version(known.summary)) {
      place(settled(summary, known.myRead, known.readSeq));
    }
    return;
  }
  // The first message of all is unread; about an older conversation only the server knows.
  const fresh = summary.counts.visitor <= 1 && summary.counts.agent === 0;
  place({ summary, myRead: fresh ? 0 : summary.counts.visitor - 1, readSeq: 0 });
  if (!fresh) void refresh(summary.id);
}

async function refresh(id: string): Promise<void> {
  try {
    const conversation = await api.get<AgentConversation>(`conversations/${id}`);
    const known = rows.peek().get(id);
    const summary =
      known && version(known.summary) > version(conversation) ? known.summary : conversation;
    const myRead = conversation.counts.visitor - conversation.unread;
    place(settled(summary, myRead, known?.readSeq ?? 0));
  } catch {
    // The estimate stays until the list is loaded again.
  }
}

/** This agent has read up to `seq`, here or on another screen. */
export function markRead(id: string, seq: number): void {
  const row = rows.peek().get(id);
  if (!row || row.readSeq >= seq) return;
  place(settled(row.summary, row.myRead, seq));
}

/** Shows a change before the server has confirmed it; returns how to take it back. */
export function preview(id: string, change: Partial<ConversationSummary>): () => void {
  const row = rows.peek().get(id);
  if (!row) return () => undefined;
  const changed: Row = { ...row, summary: { ...row.summary, ...change } };
  place(changed);
  return () => {
    if (rows.peek().get(id) === changed) place(row);
    else void refresh(id);
  };
}

// Loading.

let generation = 0;
/** Rows that came since the latest reload began: as new as its snapshot, or newer. */
const touched = new Set<string>();

/**
 * Loads the next page of a list.
 *
 * @param renew The rows known so far are worth nothing any more; the page replaces them.
 */
async function loadPage(of: View, having: Status, renew = false): Promise<void> {
  const key = keyOf(of, having);
  const { phase: busy, loaded, cursor } = progresses.peek().get(key) ?? FRESH;
  if (busy === "loading" || (loaded && cursor === null)) return;
  const asked = generation;
  setProgress(key, { phase: "loading", error: "" });
  try {
    const page = await api.get<Page<AgentConversation>>("conversations", {
      status: having,
      assignee: of === "mine" ? "me" : of === "unassigned" ? "unassigned" : null,
      cursor,
      limit: PAGE,
    });
    if (asked !== generation) return;
    const kept = ([id]: [string, Row]) => !renew || touched.has(id) || id === openId.peek();
    const next = new Map([...rows.peek()].filter(kept));
    for (const item of page.items) {
      next.set(item.id, merged(item, next.get(item.id)));
      touched.add(item.id);
    }
    const last = page.items[page.items.length - 1];
    batch(() => {
      rows.value = next;
      setProgress(key, {
        phase: "idle",
        loaded: true,
        cursor: page.next_cursor,
        bound: last?.last_activity_at ?? null,
      });
    });
  } catch (error) {
    if (asked === generation) setProgress(key, { phase: "failed", error: reason(error) });
  }
}

export function loadMore(): void {
  void loadPage(view.peek(), status.peek());
}

/** The first page of what is shown, and of what the counts in the navigation need. */
export const loadInbox = (): Promise<void> => loadShown();

async function loadShown(renew = false): Promise<void> {
  const asked = generation;
  await loadPage(view.peek(), status.peek(), renew);
  for (const name of VIEWS) {
    if (asked !== generation) return;
    if (!progresses.peek().get(keyOf(name, "open"))?.loaded) await loadPage(name, "open");
  }
}

/** The stream could not be continued: what is shown stays until the new snapshot is there. */
export async function reloadInbox(): Promise<void> {
  generation++;
  touched.clear();
  progresses.value = new Map();
  await loadShown(true);
}

export function choose(of: View, having: Status = status.peek()): void {
  batch(() => {
    view.value = of;
    status.value = having;
    filter.value = "";
  });
  save(PLACE, { view: of, status: having });
  if (!progress.peek().loaded) loadMore();
}
