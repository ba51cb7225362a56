import { signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import type {
  AgentConversation,
  ContactRecord,
  ConversationSummary,
  Page,
  TimelineEntry,
} from "../../../common/types";
import { may } from "../../shell/permissions";
import { api, reason } from "../../shell/session";
import { PATH } from "./route";

/** One list of the page, as far as it was loaded. */
export interface Part<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

const NOTHING = { items: [], cursor: null };

export const contact = signal<ContactRecord | null>(null);
export const conversations = signal<Part<AgentConversation>>(NOTHING);
export const timeline = signal<Part<TimelineEntry>>(NOTHING);
export const phase = signal<"loading" | "ready" | "missing" | "failed">("loading");
export const problem = signal("");

const LIMIT = 20;
/** Grows with each page: what was asked for another one comes to nothing. */
let turn = 0;

const at = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

const first = async <T>(path: string): Promise<Part<T>> => {
  const { items, next_cursor } = await api.get<Page<T>>(path, { limit: LIMIT });
  return { items, cursor: next_cursor };
};

/** Loads everything about a contact, and shows it when all is there. */
export async function loadContact(id: string): Promise<void> {
  const mine = ++turn;
  if (contact.peek()?.id !== id) {
    contact.value = null;
    phase.value = "loading";
  }
  try {
    const [found, talks, told] = await Promise.all([
      api.get<ContactRecord>(at(id)),
      may("conversations.read") ? first<AgentConversation>(`${at(id)}/conversations`) : NOTHING,
      first<TimelineEntry>(`${at(id)}/timeline`),
    ]);
    if (mine !== turn) return;
    contact.value = found;
    conversations.value = talks;
    timeline.value = told;
    phase.value = "ready";
  } catch (error) {
    if (mine !== turn) return;
    problem.value = reason(error);
    phase.value = error instanceof ApiError && error.status === 404 ? "missing" : "failed";
  }
}

/** Loads the next page of a list, below what is there. */
async function more<T>(part: typeof timeline | typeof conversations, name: string): Promise<void> {
  const id = contact.peek()?.id;
  const { items, cursor } = part.peek();
  if (!id || !cursor) return;
  const mine = turn;
  try {
    const page = await api.get<Page<T>>(`${at(id)}/${name}`, { cursor, limit: LIMIT });
    if (mine !== turn || part.peek().cursor !== cursor) return;
    part.value = { items: [...items, ...page.items] as never, cursor: page.next_cursor };
  } catch (error) {
    if (mine === turn) problem.value = reason(error);
  }
}

export const moreConversations = () => more<AgentConversation>(conversations, "conversations");
export const moreTimeline = () => more<TimelineEntry>(timeline, "timeline");

/** A conversation has changed: what is shown of its contact may have. */
export function touched({ contact: who }: ConversationSummary): void {
  if (contact.peek()?.id === who.id) void loadContact(who.id);
}
