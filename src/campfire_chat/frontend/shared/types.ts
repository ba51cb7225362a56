/**
 * The records and frames as they go over the wire; the mirror of the server's models, events
 * and frames. Fields that a newer server adds are ignored, so every type lists what is read.
 */

export type SenderKind = "visitor" | "agent" | "bot" | "system";
export type Role = "owner" | "admin" | "agent" | "viewer";
export type Availability = "online" | "away" | "busy" | "offline";
export type Status = "open" | "pending" | "snoozed" | "resolved";
export type Priority = "low" | "medium" | "high" | "urgent";
export type Visibility = "public" | "internal";
export type MessageKind = "text";

/** RFC 3339, UTC, microseconds: sorts as text. */
export type Timestamp = string;

export interface Participant {
  kind: SenderKind;
  id: string;
  name: string | null;
  avatar_url: string | null;
}

export interface AgentRecord {
  id: string;
  external_id: string;
  name: string;
  avatar_url: string | null;
  role: Role;
  availability: Availability;
}

export interface Assignee {
  id: string;
  name: string;
  avatar_url: string | null;
}

export interface Contact {
  id: string;
  external_id: string | null;
  verified: boolean;
  name: string | null;
  email: string | null;
  avatar_url: string | null;
}

export interface Message {
  id: string;
  conversation_id: string;
  visibility: Visibility;
  /** Its number in `conversation:<id>` when public, in `notes:<id>` when internal. */
  seq: number;
  at: Timestamp;
  sender: Participant;
  kind: MessageKind;
  body: string;
  client_id: string;
  reply_to: string | null;
  edited_at: Timestamp | null;
  deleted_at: Timestamp | null;
}

export interface Preview {
  id: string;
  seq: number;
  at: Timestamp;
  sender: Participant;
  text: string;
}

export interface Counts {
  visitor: number;
  agent: number;
}

export interface ReceiptRecord {
  participant: Participant;
  delivered: number;
  read: number;
}

export interface ConversationSummary {
  id: string;
  status: Status;
  priority: Priority | null;
  subject: string | null;
  assignee: Assignee | null;
  tags: string[];
  contact: Contact;
  last_message: Preview | null;
  counts: Counts;
  head: number;
  notes_head: number;
  created_at: Timestamp;
  last_activity_at: Timestamp;
  waiting_since: Timestamp | null;
  first_response_at: Timestamp | null;
  resolved_at: Timestamp | null;
  snoozed_until: Timestamp | null;
  reopen_count: number;
}

export interface AgentConversation extends ConversationSummary {
  unread: number;
  receipts: ReceiptRecord[];
  viewers: Participant[];
  contact_present: boolean | null;
}

export interface VisitorConversation {
  id: string;
  status: Status;
  subject: string | null;
  assignee: Assignee | null;
  assignee_availability: Availability | null;
  last_message: Preview | null;
  counts: Counts;
  head: number;
  created_at: Timestamp;
  last_activity_at: Timestamp;
  unread: number;
  receipts: ReceiptRecord[];
}

/** How many open conversations there are; the server stops counting at 10,000. */
export interface Tally {
  open: number;
  /** Those of them in which a visitor waits for an answer. */
  waiting: number;
}

export interface ConversationCounts {
  mine: Tally;
  unassigned: Tally;
  all: Tally;
}

export interface PrincipalRecord {
  kind: SenderKind;
  id: string;
  name: string | null;
  avatar_url: string | null;
  email: string | null;
  organization: string;
  role: Role | null;
  verified: boolean;
}

/** The answer of `POST /visitors`; `availability` is the team's. */
export interface VisitorSession {
  token: string;
  visitor: PrincipalRecord;
  availability: Availability;
  /** It is whom the host's session names, and the token is good only as long as it does. */
  by_session: boolean;
}

/** A text that a message had before it was edited; for agents. */
export interface MessageVersion {
  number: number;
  at: Timestamp;
  body: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Marks {
  delivered: number;
  read: number;
  unread: number;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  field?: string;
  retry_after?: number;
}

// Events, by their type.

export interface StatusChanged {
  conversation_id: string;
  status: Status;
  previous: Status;
  actor: Participant;
}

export interface AssigneeChanged {
  conversation_id: string;
  assignee: Assignee | null;
  actor: Participant;
}

export interface PriorityChanged {
  conversation_id: string;
  priority: Priority | null;
  actor: Participant;
}

export interface TagsChanged {
  conversation_id: string;
  tags: string[];
  actor: Participant;
}

export interface SubjectChanged {
  conversation_id: string;
  subject: string | null;
  actor: Participant;
}

export interface SnoozeChanged {
  conversation_id: string;
  snoozed_until: Timestamp | null;
  actor: Participant;
}

export interface EventMap {
  "message.created": Message;
  "message.updated": Message;
  "message.deleted": Message;
  "conversation.status_changed": StatusChanged;
  "conversation.assignee_changed": AssigneeChanged;
  "conversation.priority_changed": PriorityChanged;
  "conversation.tags_changed": TagsChanged;
  "conversation.subject_changed": SubjectChanged;
  "conversation.snooze_changed": SnoozeChanged;
  "conversation.updated": ConversationSummary;
}

/** One event of a stream; `event` tells which type `data` has. */
export type StreamEvent = {
  [K in keyof EventMap]: {
    type: "event";
    stream: string;
    seq: number;
    event: K;
    at: Timestamp;
    data: EventMap[K];
  };
}[keyof EventMap];

/** The same, as a frame. */
export type EventFrame = StreamEvent;

// Server → client frames.

export interface Limits {
  frame_bytes: number;
  body_characters: number;
  subscriptions: number;
}

export interface Welcome {
  type: "welcome";
  version: number;
  session: string;
  epoch: string;
  /** Seconds. */
  heartbeat: number;
  limits: Limits;
  principal: PrincipalRecord;
  streams: { stream: string; head: number }[];
  token: string | null;
}

/** The answer to a request; which fields it has depends on the request's type. */
export interface Ok {
  type: "ok";
  id: string;
  message_id?: string;
  seq?: number;
  at?: Timestamp;
  duplicate?: boolean;
  stream?: string;
  head?: number;
}

export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
  final: boolean;
  id?: string;
  field?: string;
  retry_after?: number;
}

export interface Events {
  type: "events";
  stream: string;
  events: StreamEvent[];
  more: boolean;
}

export interface Head {
  type: "head";
  heads: Record<string, number>;
}

export interface Reset {
  type: "reset";
  stream: string;
  epoch: string;
  head: number;
  reason: "epoch" | "ahead" | "pruned";
}

export interface TypingNotice {
  type: "typing";
  conversation_id: string;
  participant: Participant;
  active: boolean;
}

export interface ReceiptNotice {
  type: "receipt";
  conversation_id: string;
  participant: Participant;
  delivered: number;
  read: number;
}

export interface PresenceNotice {
  type: "presence";
  participant: Participant;
  availability?: Availability;
  conversation_id?: string;
  viewing?: boolean;
}

export interface Drain {
  type: "drain";
  /** Seconds. */
  window: number;
}

/** Prove the host's session, with a `renew` frame, or be closed with 4401. */
export interface RenewDue {
  type: "renew_due";
  /** Seconds. */
  within: number;
}

export interface Pong {
  type: "pong";
  n: number;
}

export type ServerFrame =
  | Welcome
  | Ok
  | ErrorFrame
  | StreamEvent
  | Events
  | Head
  | Reset
  | TypingNotice
  | ReceiptNotice
  | PresenceNotice
  | Drain
  | RenewDue
  | Pong;

// Client → server frames.

/** A frame that is answered with `ok` or `error`; `id` is added when it has none. */
export type RequestFrame =
  | {
      type: "message.send";
      id: string;
      conversation_id: string;
      body: string;
      visibility?: Visibility;
      reply_to?: string;
    }
  | { type: "receipt"; conversation_id: string; delivered?: number; read?: number }
  | { type: "subscribe"; stream: string; after?: number | null; epoch?: string | null }
  | { type: "unsubscribe"; stream: string };

/** A frame that is not answered. */
export type SignalFrame = { type: "typing"; conversation_id: string; active: boolean };

/** The answer of `GET /streams/{stream}/events`. */
export interface Replay {
  stream: string;
  epoch: string;
  head: number;
  events: StreamEvent[];
  more: boolean;
  reset?: Reset["reason"] | null;
}
