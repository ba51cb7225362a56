import type { ConnectionState } from "../shared/connection";
import type { OutboxEntry } from "../shared/outbox";
import type {
  Availability,
  Message,
  Participant,
  ReceiptRecord,
  VisitorConversation,
} from "../shared/types";

/** One conversation as it is shown; `info` is null until the first message opened it. */
export interface Room {
  /** The conversation's id; before there is one, the outbox's name for the thread. */
  key: string;
  info: VisitorConversation | null;
  /** By seq. */
  messages: Message[];
  /** Where older messages begin; null when there are none. */
  cursor: string | null;
  phase: "new" | "loading" | "ready" | "failed";
  /** How far the other side has got. */
  delivered: number;
  read: number;
  typing: Participant | null;
}

export interface State {
  open: boolean;
  /** `starting` until the server has said who the visitor is. */
  phase: "starting" | "ready" | "failed";
  view: "room" | "list";
  me: string;
  availability: Availability;
  connection: ConnectionState;
  /** The connection has been away for long enough to be worth a word. */
  troubled: boolean;
  rooms: Room[];
  room: Room;
  outbox: OutboxEntry[];
  draft: string;
  bodyLimit: number | null;
  /** The end of the thread is out of sight and somebody wrote. */
  below: boolean;
}

let made = 0;

export function newRoom(key = `new-${Date.now()}-${++made}`): Room {
  return {
    key,
    info: null,
    messages: [],
    cursor: null,
    phase: "new",
    delivered: 0,
    read: 0,
    typing: null,
  };
}

/** Adds records; one that is there already is replaced when `newer`. */
export function merge(room: Room, records: Message[], newer: boolean): void {
  const known = new Map(room.messages.map((message) => [message.id, message]));
  for (const record of records) {
    if (newer || !known.has(record.id)) known.set(record.id, record);
  }
  room.messages = [...known.values()].sort((a, b) => a.seq - b.seq);
}

export function mark(room: Room, receipt: ReceiptRecord): void {
  room.delivered = Math.max(room.delivered, receipt.delivered);
  room.read = Math.max(room.read, receipt.read);
}

/** The room's messages that the server has not confirmed. */
export function waiting(room: Room, outbox: OutboxEntry[]): OutboxEntry[] {
  const stored = new Set(room.messages.map((message) => message.client_id));
  return outbox.filter(
    (entry) =>
      (entry.thread === room.key || entry.conversation_id === room.key) &&
      !stored.has(entry.client_id),
  );
}
