import { signal, type Signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import type {
  AgentConversation,
  ContactEvent,
  ContactRecord,
  ConversationSummary,
  Page,
  TimelineEntry,
} from "../../../common/types";
import { toast } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import { api, reason } from "../../shell/session";
import { text as common } from "../../ui/strings";
import { PATH, shownId } from "./route";
import { text } from "./strings";

/** One list of the page, as far as it was loaded. */
export interface Part<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

const NOTHING = { items: [], cursor: null };

export const contact = signal<ContactRecord | null>(null);
export const conversations = signal<Part<AgentConversation>>(NOTHING);
export const timeline = signal<Part<TimelineEntry>>(NOTHING);
/** `failed`: nothing is shown. What is shown stays when it could not be renewed. */
export const phase = signal<"loading" | "ready" | "missing" | "failed">("loading");
/** Why the latest load failed; empty if it did not. */
export const problem = signal("");

/** Entries that a list begins with, and that it grows by. */
const PAGE = 20;
/** Entries that the server gives at a time. */
const MOST = 100;
/** Milliseconds for which events are gathered before the page is renewed. */
const GATHER = 200;

/** Grows with each visit of a page: what was asked for another one comes to nothing. */
let visit = 0;
/** What the page asks for comes one after the other, so that no list replaces a longer one. */
let queue: Promise<void> = Promise.resolve();
/** Whether the page will be renewed anyway. */
let waiting = false;

const at = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

function inTurn(work: () => Promise<void>): Promise<void> {
  const mine = visit;
  queue = queue.then(() => (mine === visit ? work() : undefined));
  return queue;
}

/** A list from its beginning, as long as it is shown now. */
async function whole<T>(path: string, { items: shown }: Part<T>): Promise<Part<T>> {
  let items: readonly T[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(MOST, Math.max(PAGE, shown.length - items.length));
    const page: Page<T> = await api.get<Page<T>>(path, { cursor, limit });
    items = [...items, ...page.items];
    cursor = page.next_cursor;
  } while (cursor && items.length < shown.length);
  return { items, cursor };
}

/** What was stored: by now somebody else may be shown. */
export function putContact(record: ContactRecord): void {
  if (contact.peek()?.id === record.id) contact.value = record;
}

/** Shows everything about a contact when all is there; what is shown of them stays meanwhile. */
export function loadContact(id: string): Promise<void> {
  visit++;
  queue = Promise.resolve();
  waiting = false;
  if (contact.peek()?.id !== id) {
    contact.value = null;
    conversations.value = timeline.value = NOTHING;
    phase.value = "loading";
    problem.value = "";
  }
  return inTurn(() => load(id));
}

async function load(id: string): Promise<void> {
  const mine = visit;
  waiting = false;
  try {
    const [found, talks, told] = await Promise.all([
      api.get<ContactRecord>(at(id)),
      may("conversations.read") ? whole(`${at(id)}/conversations`, conversations.peek()) : NOTHING,
      whole(`${at(id)}/timeline`, timeline.peek()),
    ]);
    if (mine !== visit) return;
    contact.value = found;
    conversations.value = talks;
    timeline.value = told;
    phase.value = "ready";
    problem.value = "";
  } catch (error) {
    if (mine !== visit) return;
    if (error instanceof ApiError && error.status === 404) {
      contact.value = null;
      phase.value = "missing";
      return;
    }
    problem.value = reason(error);
    if (!contact.peek()) phase.value = "failed";
  }
}

/** Loads the next page of a list, below what is there. */
const more = <T>(part: Signal<Part<T>>, name: string): Promise<void> =>
  inTurn(async () => {
    const mine = visit;
    const id = contact.peek()?.id;
    const { items, cursor } = part.peek();
    if (!id || !cursor) return;
    try {
      const page = await api.get<Page<T>>(`${at(id)}/${name}`, { cursor, limit: PAGE });
      if (mine !== visit) return;
      part.value = { items: [...items, ...page.items], cursor: page.next_cursor };
    } catch (error) {
      if (mine !== visit) return;
      toast(common.failed.reason(text.failed.more, reason(error)), { urgent: true });
    }
  });

export const moreConversations = () => more(conversations, "conversations");
export const moreTimeline = () => more(timeline, "timeline");

/** Renews the page that is shown, once for all that happens in a moment. */
export function renewContact(): void {
  if (waiting || !shownId()) return;
  waiting = true;
  const mine = visit;
  setTimeout(() => {
    if (mine !== visit) return;
    const id = shownId();
    if (id) void inTurn(() => load(id));
    else waiting = false;
  }, GATHER);
}

/** Blocks the contact that is shown, or lets them write again. */
export async function toggleBlocked(): Promise<void> {
  const known = contact.peek();
  if (!known || !shownId() || !may("contacts.block")) return;
  const what = known.blocked ? "unblock" : "block";
  try {
    const next = await api.post<ContactRecord>(`${at(known.id)}/${what}`, {});
    if (contact.peek()?.id === next.id) contact.value = next;
    toast(next.blocked ? text.nowBlocked : text.nowUnblocked);
  } catch (error) {
    toast(common.failed.reason(text.failed.block, reason(error)), { urgent: true });
  }
}

/** What is known of a contact has changed. */
export function changed({ id }: ContactEvent): void {
  if (contact.peek()?.id === id) renewContact();
}

/** A conversation has changed: what is shown of its contact may have. */
export function touched({ contact: who }: ConversationSummary): void {
  if (contact.peek()?.id === who.id) renewContact();
}
