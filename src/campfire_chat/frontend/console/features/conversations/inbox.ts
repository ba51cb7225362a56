import { signal } from "@preact/signals";
import type { AgentConversation, ConversationSummary } from "../../../common/types";
import { contactName, plain } from "../../ui/format";
import { api } from "../../shell/session";
import { teamName } from "../teams/teams";
import { text } from "./strings";

/** A conversation and how many of its visitor's messages this agent has read. */
export interface Row {
  readonly summary: ConversationSummary;
  readonly myRead: number;
  /** The seq up to which this page has read it, ahead of what the summary may know. */
  readonly readSeq: number;
}

/** Every conversation that this page knows, in no order; `lists.ts` has the lists. */
export const rows = signal<ReadonlyMap<string, Row>>(new Map());

export const unreadOf = ({ summary, myRead }: Row): number =>
  Math.max(0, summary.counts.visitor - myRead);

/** Everything a row can be found by. */
export function haystack(summary: ConversationSummary) {
  const { number, contact, subject, tags, last_message, assignee, team } = summary;
  const words = [
    text.number(number),
    contactName(contact),
    contact.email,
    contact.external_id,
    subject,
    last_message?.text,
    assignee?.name,
    team && teamName(team),
    ...tags,
  ];
  return plain(words.join("\n"));
}

// Merging what the server says.

/** Rows that came since the latest reload began: as new as its snapshot, or newer. */
const touched = new Set<string>();

/** Both heads only grow, so their sum tells which of two summaries is the newer. */
const version = ({ head, notes_head }: ConversationSummary) => head + notes_head;

/** What is shown before the server has confirmed it, by the ids of the conversations. */
const ahead = new Map<string, Partial<ConversationSummary>>();

/**
 * A notice of what was before the change does not take the change back, nor does one of what comes
 * between: the server has yet to do it.
 */
const kept = (summary: ConversationSummary): ConversationSummary => ({
  ...summary,
  ...ahead.get(summary.id),
});

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
    newer ? kept(conversation) : known.summary,
    Math.max(myRead, known?.myRead ?? 0),
    known?.readSeq ?? 0,
  );
}

export function putConversation(conversation: AgentConversation): void {
  putConversations([conversation]);
}

/** @param keep Which of the rows known so far are still worth something; all, unless said so. */
export function putConversations(
  conversations: readonly AgentConversation[],
  keep: (id: string) => boolean = () => true,
): void {
  const next = new Map([...rows.peek()].filter(([id]) => keep(id)));
  for (const item of conversations) {
    next.set(item.id, merged(item, next.get(item.id)));
    touched.add(item.id);
  }
  rows.value = next;
}

/** From here on nothing is known to be new. */
export const beginReload = (): void => touched.clear();
/** Whether the row came since the latest reload began. */
export const isTouched = (id: string): boolean => touched.has(id);

/** A `conversation.updated` event. */
export function putSummary(summary: ConversationSummary): void {
  touched.add(summary.id);
  const known = rows.peek().get(summary.id);
  if (known) {
    if (version(summary) >= version(known.summary)) {
      place(settled(kept(summary), known.myRead, known.readSeq));
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
      known && version(known.summary) > version(conversation) ? known.summary : kept(conversation);
    const myRead = conversation.counts.visitor - conversation.unread;
    place(settled(summary, myRead, known?.readSeq ?? 0));
  } catch {
    // The estimate stays until the list is loaded again.
  }
}

/**
 * This agent has read up to `seq`, here or on another screen.
 *
 * @param left How many of the visitor's messages come after it; without it the server is asked
 *   where the summary does not tell.
 */
export function markRead(id: string, seq: number, left?: number): void {
  const row = rows.peek().get(id);
  if (!row || (row.readSeq >= seq && left === undefined)) return;
  const { summary } = row;
  const myRead = left === undefined ? row.myRead : summary.counts.visitor - left;
  const next = settled(summary, Math.max(row.myRead, myRead), Math.max(row.readSeq, seq));
  if (next.myRead === row.myRead && next.readSeq === row.readSeq) return;
  place(next);
  if (left === undefined && unreadOf(next)) void refresh(id);
}

/** Shows a change before the server has confirmed it; it is then either confirmed or taken back. */
export function preview(
  id: string,
  change: Partial<ConversationSummary>,
): { confirm(): void; takeBack(): void } {
  const row = rows.peek().get(id);
  if (!row) return { confirm: () => undefined, takeBack: () => undefined };
  const changed: Row = { ...row, summary: { ...row.summary, ...change } };
  const mine = { ...ahead.get(id), ...change };
  ahead.set(id, mine);
  place(changed);
  const confirm = () => {
    if (ahead.get(id) === mine) ahead.delete(id);
  };
  return {
    confirm,
    takeBack() {
      confirm();
      if (rows.peek().get(id) === changed) place(row);
      else void refresh(id);
    },
  };
}
