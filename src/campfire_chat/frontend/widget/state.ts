import type { ConnectionState } from "../common/connection";
import { newClientId, type OutboxEntry } from "../common/entries";
import { byId, type Changes } from "../common/features/messages";
import type { Availability, Message, Participant, VisitorConversation } from "../common/types";

/** One conversation as it is shown; `info` is null until the first message opened it. */
export interface Room {
  /** The conversation's id; before there is one, the outbox's name for the thread. */
  key: string;
  info: VisitorConversation | null;
  /** By seq. */
  messages: Message[];
  changes: Changes;
  /** Where older messages begin; null when there are none. */
  cursor: string | null;
  phase: "new" | "loading" | "ready" | "failed";
  /** The first message and the cursor that the room began with, before older ones were asked for. */
  from: number;
  fromCursor: string | null;
  /** Older messages are on their way. */
  older: boolean;
  /** How far the other side has got. */
  delivered: number;
  read: number;
  /** How far this side has read; null until the server has said. */
  mark: number | null;
  /** The first message that was unread when the room came on the screen: the "New" line. */
  newFrom: string | null;
  /** How far the server has been told that this side has got. */
  told: string;
  typing: Participant | null;
  typingTimer: number;
}

/** A conversation of which events are told. */
export type Listed = Room & { info: VisitorConversation };

export interface State {
  open: boolean;
  /** Nothing is shown until it is known that the person is still the same. */
  covered: boolean;
  /** `starting` until the server has said who the visitor is; `ended`: only the page can say it. */
  phase: "starting" | "ready" | "failed" | "ended";
  /** Why the server has refused for good to say it. */
  refusal: string;
  view: "room" | "list";
  me: string;
  availability: Availability;
  connection: ConnectionState;
  /** There has been no connection for longer than a moment. */
  trouble: boolean;
  /** The latest activity first. */
  rooms: Listed[];
  room: Room;
  /** What the server has confirmed and the stream has not brought yet. */
  sent: OutboxEntry[];
  outbox: OutboxEntry[];
  /** The code that sends cannot be loaded at present. */
  lacking: boolean;
  draft: string;
  bodyLimit: number;
  /** The end of the thread is in sight. */
  atEnd: boolean;
  /** The room has come on the screen, and is not in its place yet. */
  opening: boolean;
  /** The composer is to be focused with the next rendering. */
  focus: boolean;
  /** The panel was taken out of the document and is back, with everything scrolled to the top. */
  moved: boolean;
}

export const newRoom = <Info extends VisitorConversation | null = null>(
  key: string,
  info: Info = null as Info,
): Room & { info: Info } => ({
  key,
  info,
  messages: [],
  changes: new Map(),
  cursor: null,
  phase: "new",
  from: 0,
  fromCursor: null,
  older: false,
  delivered: 0,
  read: 0,
  mark: null,
  newFrom: null,
  told: "",
  typing: null,
  typingTimer: 0,
});

export const newState = (): State => ({
  open: false,
  covered: false,
  phase: "starting",
  refusal: "",
  view: "room",
  me: "",
  availability: "offline",
  connection: "idle",
  trouble: false,
  rooms: [],
  room: newRoom(newClientId()),
  sent: [],
  outbox: [],
  lacking: false,
  draft: "",
  bodyLimit: Infinity,
  atEnd: true,
  opening: false,
  focus: false,
  moved: false,
});

/** Makes these the messages of the room, as they are by now. */
export function merge(room: Room, records: Message[]): void {
  room.messages = [...byId(room.changes, records).values()].sort((a, b) => a.seq - b.seq);
}

/** The room's messages that the stream has not brought. */
export function waiting({ messages, key }: Room, { sent, outbox }: State): OutboxEntry[] {
  const stored = new Set(messages.map((message) => message.client_id));
  return [...sent, ...outbox].filter(
    (entry) =>
      (entry.thread === key || entry.conversation_id === key) && !stored.has(entry.client_id),
  );
}

/** How far the other side has got; marks only grow. */
export function received(room: Room, { delivered, read }: { delivered: number; read: number }): void {
  room.delivered = Math.max(room.delivered, delivered);
  room.read = Math.max(room.read, read);
}
