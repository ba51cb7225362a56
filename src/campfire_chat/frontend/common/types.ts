/**
 * What goes over the wire. Made by `build.py --types` from the Python records, frames, events and
 * errors: change those, not this file.
 */

/** RFC 3339, UTC, microseconds: sorts as text. */
export type Timestamp = string;

/** Which agents see the conversation. */
export interface AccessChanged {
  conversation_id: string;
  access_labels: string[];
  actor: Participant;
}

/** A conversation for an agent. */
export interface AgentConversation extends ConversationSummary {
  /** Number of the visitor's messages after this agent's read mark. */
  unread: number;
  /** The receipts of all participants. Empty in lists. */
  receipts: ReceiptRecord[];
  /** The agents who have it open now. Empty in lists. */
  viewers: Participant[];
  /** Whether the visitor is connected. Null in lists. */
  contact_present: boolean | null;
}

/** A user of the host app, as the host app describes them. */
export interface AgentPut {
  name: string;
  avatar_url?: string | null;
  email?: string | null;
  role?: string;
}

/** An agent as colleagues see them. */
export interface AgentRecord {
  /** The id of the agent here (`agt_…`), the same for everybody. */
  id: string;
  /** The host app's id of the user. Visitors never learn it. */
  external_id: string;
  name: string;
  avatar_url: string | null;
  /** The name of their role. */
  role: string;
  /** `offline` without a connection. */
  availability: Availability;
  /** Whether their role allows that conversations are assigned to them. */
  assignable: boolean;
}

/** An API key was created, rotated or revoked. */
export interface ApiKeyChanged {
  /** The key. */
  id: string;
  name: string;
  /** What it may do, or could. */
  permissions: string[];
  /** When it ends; null if it does not. */
  expires_at: Timestamp | null;
  /** Who did it. */
  actor: Participant;
}

/** `permissions`: names of what it may do. `expires_at`: null for a key without an end. */
export interface ApiKeyCreate {
  name: string;
  permissions: string[];
  expires_at?: string | null;
}

/** An API key, without its secret. */
export interface ApiKeyRecord {
  id: string;
  name: string;
  /** The names of what it may do, sorted. */
  permissions: string[];
  created_at: Timestamp;
  /** The agent who created it. */
  created_by: Participant;
  /** When it ends; null if it does not. */
  expires_at: Timestamp | null;
  /** When it got its present secret; null if that is its first one. */
  rotated_at: Timestamp | null;
  /** Until when the secret before is valid too; null if none is. */
  previous_until: Timestamp | null;
  /** When it was used last, give or take an hour; null if it never was. */
  last_used_at: Timestamp | null;
}

/**
 * `overlap`: seconds for which the old secret stays valid. `expires_at`: the new end of the key,
 * null for none; left out, it stays as it is.
 */
export interface ApiKeyRotate {
  overlap?: number;
  expires_at?: string | null;
}

/** An API key with its secret, which is shown only this once. */
export interface ApiKeySecret {
  key: ApiKeyRecord;
  secret: string;
}

/** The agent to whom the conversation is assigned, as the visitor may see them. */
export interface Assignee {
  id: string;
  name: string;
  avatar_url: string | null;
}

/** From whom to whom the conversation went. `actor` is the participant who changed it. */
export interface AssigneeChanged {
  conversation_id: string;
  assignee: Assignee | null;
  /** Null if nobody had it, and in events from before version 2. */
  previous: Assignee | null;
  actor: Participant;
}

/** One attempt to deliver. */
export interface AttemptRecord {
  /** 1 for the first. */
  number: number;
  at: Timestamp;
  /** Milliseconds until the answer or the failure. */
  duration_ms: number;
  /** The HTTP status of the answer; null if there was none. */
  status: number | null;
  /** Why it failed; null if it has not. */
  error: string | null;
  /** The first KiB of the answer's body; null if there was no answer. */
  response: string | null;
}

/** An attribute that contacts of the organisation may have. */
export interface AttributeRecord {
  key: string;
  /** Its name on the screen. */
  label: string;
  type: AttributeType;
  description: string;
  /** The values of a choice, in the order in which they are offered; otherwise empty. */
  choices: string[];
  /** Whether agents may change it. Otherwise only the host app does. */
  editable: boolean;
  /** Whether the code of the host app declares it, and not the settings. */
  in_code: boolean;
}

/** What the values of an attribute are. */
export type AttributeType = "text" | "number" | "date" | "boolean" | "choice" | "link";

export type Availability = "online" | "away" | "busy" | "offline";

/** The availability that an agent has chosen, or that somebody has chosen for them. */
export interface AvailabilityChanged {
  /** The agent. */
  id: string;
  availability: Availability;
  /** What was chosen before. */
  previous: Availability;
  /** Who chose it. */
  actor: Participant;
}

export interface AvailabilityRecord {
  availability: Availability;
}

/** The visitor, as agents see them. */
export interface Contact {
  /** The visitor id (`vis_…`). */
  id: string;
  /** The host app's id of the user, if the host app confirmed it. */
  external_id: string | null;
  /** Whether the host app confirmed who the visitor is. */
  verified: boolean;
  name: string | null;
  email: string | null;
  avatar_url: string | null;
  /** Whether they can write nothing any more. */
  blocked: boolean;
}

/** The contact of the conversation was blocked, or may write again. */
export interface ContactBlocked {
  conversation_id: string;
  blocked: boolean;
  actor: Participant;
}

/** What is to change. What is left out stays. */
export interface ContactChanges {
  attributes?: Record<string, string | number | boolean | null>;
}

/** What is known of a contact has changed. */
export interface ContactEvent {
  /** The contact. */
  id: string;
  /** What has changed, such as `name` or `attributes.plan`. */
  fields: string[];
  /** Who did it. Of a visitor only the id is told. */
  actor: Participant;
}

/**
 * A user of the host app, as the host app describes them. What is left out is null, but for
 * attributes: those that are left out stay.
 */
export interface ContactPut {
  name?: string | null;
  email?: string | null;
  avatar_url?: string | null;
  attributes?: Record<string, string | number | boolean | null>;
}

/** A contact, as lists of contacts and their own pages show them. */
export interface ContactRecord extends Contact {
  /** When the contact was stored: with the first message, or by the host app. */
  created_at: Timestamp;
  /**
   * When they were connected last, at most five minutes before the true time, also while they are
   * connected. Null if they never were.
   */
  last_seen_at: Timestamp | null;
  /** What else is known of them, by the keys of the attributes. */
  attributes: Record<string, string | number | boolean>;
}

/** The kind of field. JSON is for types that no other field can show. */
export type Control = "text" | "switch" | "choice" | "number" | "list" | "color" | "origins" | "locale" | "time_zone" | "picture" | "attributes" | "json";

/** A field that is left out stays as it is. Null clears a field. */
export interface ConversationChange {
  status?: Status;
  snoozed_until?: string | null;
  priority?: Priority | null;
  assignee_id?: string | null;
  team_id?: string | null;
  tags?: string[];
  subject?: string | null;
  access_labels?: string[];
}

/** `contact_id` is for agents: the contact to whom they write. */
export interface ConversationCreate {
  message: FirstMessage;
  subject?: string | null;
  contact_id?: string | null;
}

/** What a row of the inbox shows. It is the data of `conversation.updated`. */
export interface ConversationSummary {
  id: string;
  /** By which people quote it: 1, 2, 3 … within the organisation. */
  number: number;
  status: Status;
  priority: Priority | null;
  subject: string | null;
  assignee: Assignee | null;
  team: TeamName | null;
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
  /** If there are any, only agents with one of them see the conversation. */
  access_labels: string[];
  /**
   * The earlier conversation that goes on here: its visitor wrote again when it was too late to
   * reopen it.
   */
  continues_id: string | null;
  /** The later conversation in which this one goes on. */
  continued_in_id: string | null;
}

/** How many public messages each side has sent. Clients compute unread counts from them. */
export interface Counts {
  visitor: number;
  agent: number;
}

/** The message without its text. */
export interface DeletedMessage extends Message {
  /** Who deleted it. Null in events of version 1. */
  actor: Participant | null;
}

/** A delivery with what is sent, and each attempt. */
export interface DeliveryDetails extends DeliveryRecord {
  /**
   * The JSON that is sent, as it would be sent now: a text that was deleted since is not in it.
   * Null if the event was removed from the event log.
   */
  body: string | null;
  /** The attempts, the first one first. */
  log: AttemptRecord[];
}

/** One event for one webhook. */
export interface DeliveryRecord {
  id: string;
  webhook_id: string;
  /** The header `webhook-id`: the same at every attempt and replay. */
  message_id: string;
  /** The type of the event. */
  event: string;
  state: DeliveryState;
  /** How often it was tried. */
  attempts: number;
  /** The HTTP status of the last answer; null if there was none. */
  status: number | null;
  /** Why the last attempt failed; null if it has not. */
  error: string | null;
  created_at: Timestamp;
  /** When it will be tried next; null unless it waits. */
  next_at: Timestamp | null;
  /** When it was delivered or given up; null while it waits. */
  finished_at: Timestamp | null;
}

/**
 * A failed delivery is tried again only when somebody replays it. A dropped one was removed from
 * the event log before it could be sent.
 */
export type DeliveryState = "waiting" | "delivered" | "failed" | "dropped";

/** The agent whose stream this is has changed a draft. */
export interface DraftChanged {
  conversation_id: string;
  /** That of the draft now. Null: it is gone, since it was sent or given up. */
  updated_at: Timestamp | null;
}

/** The draft that an agent has in a conversation. */
export interface DraftRecord {
  conversation_id: string;
  /** The text for the visitor. */
  reply: string;
  /** The text of a private note. */
  note: string;
  /** Which of the two the agent is writing: `public` is the reply. */
  visibility: Visibility;
  /** The message that it answers. */
  reply_to: string | null;
  /**
   * When it was stored; each time is later than the one before. Null: there is no draft, and both
   * texts are empty.
   */
  updated_at: Timestamp | null;
}

/** What the caller is writing. Without a text there is no draft any more. */
export interface DraftSave {
  reply?: string;
  note?: string;
  visibility?: Visibility;
  reply_to?: string | null;
  base?: Timestamp | null;
}

/** `reset` is set when the caller cannot continue from `after` and needs a snapshot. */
export interface EventPage {
  stream: string;
  epoch: string;
  head: number;
  events: StreamEvent[];
  more: boolean;
  reset: "epoch" | "ahead" | "pruned" | null;
}

/** What a field was and what it is. Null: nothing. An attribute is called `attributes.<key>`. */
export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

export interface FirstMessage {
  body: string;
  client_id?: string | null;
}

/** The conversation of a hit, as it is now. */
export interface FoundConversation {
  id: string;
  /** By which people quote it: 1, 2, 3 … within the organisation. */
  number: number;
  status: Status;
  subject: string | null;
  contact: Contact;
  assignee: Assignee | null;
  tags: string[];
}

/** A permission that the caller may give to an API key. */
export interface GrantablePermission {
  name: string;
  allows: string;
}

export interface Health {
  status: "ok";
}

/** Where a hit holds what was searched for. */
export interface Highlight {
  part: HitPart;
  /** The first character of it, counted from 0 in Unicode code points. */
  start: number;
  /** The first character after it. */
  end: number;
  /** Which tag it is in, counted from 0. Null in other parts. */
  tag: number | null;
}

/** Something that happened to a conversation: one event of its streams. */
export interface HistoryEntry {
  /** The stream of the event. */
  stream: string;
  /** Its number in that stream. */
  seq: number;
  /** Its type. */
  event: string;
  /** When it happened. */
  at: Timestamp;
  /** Who did it. Null if the event does not say so. */
  actor: Participant | null;
  /** The data of the event. A deleted message has no text any more. */
  data: Record<string, unknown>;
}

/** Which text of a hit a highlight is in. */
export type HitPart = "text" | "subject" | "name" | "email" | "tag" | "number";

/** A job of the organisation. What it is about is not told: that may be personal. */
export interface JobRecord {
  id: string;
  /** What it does, such as `conversation.wake`. */
  kind: string;
  state: JobState;
  /** How often it was tried. */
  attempts: number;
  /** Why the last attempt failed; null if none has. */
  error: string | null;
  created_at: Timestamp;
  /** When it will be tried next; null unless it waits. */
  due_at: Timestamp | null;
  /** When it failed for good; null unless it is parked. */
  parked_at: Timestamp | null;
}

/** A parked job has failed for good. It is tried again only when somebody says so. */
export type JobState = "waiting" | "running" | "parked";

/**
 * With which conversations this one is linked: the earlier one that goes on here, and the later
 * one in which it goes on.
 */
export interface Linked {
  conversation_id: string;
  continues_id: string | null;
  continued_in_id: string | null;
  actor: Participant;
}

/** A tag in a list. */
export interface ListedTag extends TagRecord {
  /** How many conversations have it. 10000 means that many or more. */
  conversations: number;
}

/** The caller's marks, and the number of messages after the read mark. */
export interface Marked {
  delivered: number;
  read: number;
  unread: number;
}

/** An agent or a team that a note mentions. */
export interface Mention {
  kind: MentionKind;
  /** `agt_…` or `team_…`. */
  id: string;
  /** The name that the agent or the team has now. */
  name: string;
}

export type MentionKind = "agent" | "team";

/** A note mentions the agent whose stream this is. What it says is not told here. */
export interface Mentioned {
  conversation_id: string;
  /** The note. */
  message_id: string;
  /** The team that it mentions, if it does not name the agent. */
  team: TeamName | null;
  /** Who wrote it. */
  actor: Participant;
  /** Those of the conversation. An agent who may not see it learns nothing of the mention. */
  access_labels: string[];
}

/** One message. */
export interface Message {
  id: string;
  conversation_id: string;
  visibility: Visibility;
  /**
   * Its number in the stream: `conversation:<id>` for a public message, `notes:<id>` for an
   * internal one.
   */
  seq: number;
  /** When it was stored. Strictly increasing within the conversation, over both streams. */
  at: Timestamp;
  sender: Participant;
  kind: MessageKind;
  /** Plain text. Empty once the message is deleted. */
  body: string;
  /** The client id that its sender gave it. */
  client_id: string;
  reply_to: string | null;
  edited_at: Timestamp | null;
  deleted_at: Timestamp | null;
  /** When a part of the text was last removed for good. */
  redacted_at: Timestamp | null;
}

/**
 * With the `visibility` internal it is a private note, for agents. `seen` is the last seq of the
 * conversation's stream that the writer of a reply had seen; the reply is held if a colleague has
 * answered since.
 */
export interface MessageCreate {
  body: string;
  client_id?: string | null;
  visibility?: Visibility;
  reply_to?: string | null;
  seen?: number | null;
}

export interface MessageEdit {
  body: string;
}

export type MessageKind = "text";

/** `text` is exactly what is to be removed, wherever it stands; null removes everything. */
export interface MessageRedaction {
  text?: string | null;
}

/** A text that a message had before it was edited; for agents. */
export interface MessageVersion {
  /** 1 for the first text, then upwards. */
  number: number;
  /** When this text was written. */
  at: Timestamp;
  body: string;
}

/** A saved reply to create. */
export interface NewSavedReply {
  /** 1 to 40 letters, digits, hyphens, dots or underscores. */
  shortcut: string;
  /** One line of 1 to 120 characters. */
  title: string;
  /** 1 to 5,000 characters. */
  body: string;
  shared?: boolean;
}

/** A tag to create. */
export interface NewTag {
  /** One line of 1 to 40 characters. */
  name: string;
  color?: TagColor;
  /** At most 200 characters. */
  description?: string;
}

/** A team to create. */
export interface NewTeam {
  /** One line of 1 to 60 characters. */
  name: string;
  /** One line of at most 300 characters. */
  description?: string;
  /** At most 200. */
  members?: string[];
}

export interface NewWebhook {
  url: string;
  description?: string;
  events?: string[] | null;
  text?: TextChoice;
  state?: WebhookState;
}

/** Something that an agent is told of. */
export interface Notification {
  id: string;
  kind: NotificationKind;
  conversation_id: string;
  /** The number by which people quote the conversation. */
  number: number;
  subject: string | null;
  /** The name of the visitor. Null if nobody knows it. */
  contact_name: string | null;
  /**
   * The note that mentions the agent, or the first message that the visitor wrote since the agent
   * was there. Null for an assignment.
   */
  message_id: string | null;
  /**
   * The beginning of that message, as it is now. Null if it was deleted, if the agent may not read
   * it, or if there is none.
   */
  text: string | null;
  /** Who did it. */
  actor: Participant;
  at: Timestamp;
  /** Whether the agent has dealt with it. */
  read: boolean;
}

/**
 * Attributes: unread: How many notifications the caller has not dealt with; counted up to 1,000.
 */
export interface NotificationCount {
  /** How many notifications the caller has not dealt with; counted up to 1,000. */
  unread: number;
}

/** The agent whose stream this is has a new notification. */
export interface NotificationCreated {
  /** Of the notification. It is unread now, also if it was there before. */
  id: string;
  kind: NotificationKind;
  conversation_id: string;
  /** Those of the conversation. An agent who may not see it learns nothing. */
  access_labels: string[];
}

/** Why an agent is told. */
export type NotificationKind = "mention" | "assignment" | "reply";

/** The agent whose stream this is has dealt with notifications, here or on another device. */
export interface NotificationsRead {
}

/** Which of the caller's notifications are read. Without a field: all of them. */
export interface NotificationsToRead {
  conversation_id?: string | null;
  until?: Timestamp | null;
}

/** An agent has changed settings of their own. Only this agent learns of it. */
export interface OwnSettingsChanged {
  /** The agent. */
  id: string;
  /** By the names of the settings. Only those that are different now. */
  changes: Record<string, SettingChange>;
  /** Who changed them: the same agent. */
  actor: Participant;
}

/** A page of a list. `next_cursor` is null on the last page. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** A visitor or an agent in a conversation, as the others see them. */
export interface Participant {
  kind: SenderKind;
  id: string;
  name: string | null;
  avatar_url: string | null;
}

/** Why a webhook is paused: by a person, by the answer 410, or after days of failures. */
export type PauseReason = "manual" | "gone" | "failing";

/** The last public message, shortened for a row of a list. Empty once it is deleted. */
export interface Preview {
  id: string;
  seq: number;
  at: Timestamp;
  sender: Participant;
  text: string;
}

/** The caller, as the answer to `GET /me` and in `welcome`. */
export interface PrincipalRecord {
  kind: SenderKind;
  id: string;
  name: string | null;
  avatar_url: string | null;
  email: string | null;
  organization: string;
  /** The name of an agent's role. Null for visitors and API keys. */
  role: string | null;
  /** The names of what the caller may do, sorted. A visitor has them for what is theirs. */
  permissions: string[];
  verified: boolean;
}

export type Priority = "low" | "medium" | "high" | "urgent";

export interface PriorityChanged {
  conversation_id: string;
  priority: Priority | null;
  actor: Participant;
}

/** An error. */
export interface Problem {
  title: string;
  status: number;
  /** What went wrong, for people. */
  detail: string;
  /** What went wrong, for programs. Its meaning never changes. */
  code: string;
  type?: string;
  /** The part of the input that was refused. */
  field?: string;
  /** Seconds after which the caller may try again. */
  retry_after?: number;
  /** What a program needs to go on. The code says what is in it. */
  details?: Record<string, unknown>;
}

/** The process can take requests. */
export interface Readiness extends Health {
  /** `ill` while the bus does not work. Messages from other processes are then late. */
  bus: "ok" | "ill";
  /** What works, but needs the attention of the operator. */
  warnings: string[];
}

/** Seqs of `conversation:<id>`. Marks never decrease. */
export interface ReceiptCreate {
  delivered?: number | null;
  read?: number | null;
}

/** How far a participant has received and read `conversation:<id>`. Seqs only increase. */
export interface ReceiptRecord {
  participant: Participant;
  delivered: number;
  read: number;
}

/** The message with what is left of its text. */
export interface RedactedMessage extends Message {
  /** Who removed the rest. */
  actor: Participant;
}

/** Which deliveries are sent again: those of events from `since` on and before `until`. */
export interface ReplaySpan {
  since: Timestamp;
  until: Timestamp;
  /** Only deliveries in this state; null for all that are finished. */
  state?: DeliveryState | null;
}

/** What is to change. What is left out stays. */
export interface SavedReplyChanges {
  shortcut?: string;
  title?: string;
  body?: string;
  shared?: boolean;
}

/** A saved reply was created, changed or deleted. */
export interface SavedReplyEvent {
  /** The saved reply. */
  id: string;
  /** The agent whose it is now; null if it is shared. */
  owner_id: string | null;
  /** Who did it. */
  actor: Participant;
}

/** A text that agents insert into what they write. */
export interface SavedReplyRecord {
  /** `srp_…`. */
  id: string;
  /** What one types to find it, in lower case and without a slash. */
  shortcut: string;
  title: string;
  /**
   * The text. It may have variables such as `{{contact.name|there}}`, which the console replaces
   * when it inserts the text.
   */
  body: string;
  /** The agent whose it is. Null: it is shared with everybody. */
  owner_id: string | null;
  /** The id of the agent who created it. */
  created_by: string;
  created_at: Timestamp;
  /** The id of the agent who changed it last. */
  updated_by: string;
  updated_at: Timestamp;
}

/** Whose setting it is: everybody's in an organisation, or one agent's own. */
export type Scope = "organization" | "agent";

/** What to find. It is a body and no query, since addresses are written into logs. */
export interface Search {
  q: string;
  in?: Within[];
  sort?: "best" | "newest";
  cursor?: string | null;
  limit?: number;
}

/** A message, a note or a conversation that was found. */
export interface SearchHit {
  kind: SearchKind;
  conversation: FoundConversation;
  /** The message or the note. Null for a conversation. */
  message_id: string | null;
  /** Its number in its stream. Null for a conversation. */
  seq: number | null;
  /** When the message was sent, or the conversation begun. */
  at: Timestamp;
  /** Who wrote it. Null for a conversation. */
  sender: Participant | null;
  /** The part of the message around what was found, on one line. Empty for a conversation. */
  text: string;
  highlights: Highlight[];
}

/** Of what the index has documents. */
export type SearchKind = "message" | "note" | "conversation";

export type SenderKind = "visitor" | "agent" | "bot" | "system" | "api_key";

/** An agent is gone, and has not come back within the grace time. */
export interface SessionEnded {
  /** The agent. */
  id: string;
  /** The same as in `agent.session_started`. */
  started_at: Timestamp;
  /** When the agent was last seen connected. */
  ended_at: Timestamp;
}

/** An agent is connected who was connected to no process before. */
export interface SessionStarted {
  /** The agent. */
  id: string;
  started_at: Timestamp;
}

/** `before` and `after` are values of the setting, its default if nothing was chosen. */
export interface SettingChange {
  before: unknown;
  after: unknown;
}

/** One of the values of a setting, and what the screen calls it. */
export interface SettingChoice {
  value: unknown;
  label: string;
}

/** One setting, as the caller sees it. */
export interface SettingRecord {
  /** Its name. */
  name: string;
  /** Its name on the screen. */
  label: string;
  /** Its present value. */
  value: unknown;
  /** Its value when nobody has chosen one. */
  default: unknown;
  /** Whose setting it is. */
  scope: Scope;
  /** The permission that a change needs. */
  permission: string;
  /** Whether the caller may change it. */
  editable: boolean;
  /** The section of the settings in which a person edits it. */
  edited_in: string;
  /** What it does. */
  description: string;
  /** The kind of field in which a person edits it. */
  control: Control;
  /** Whether it can be null: `unset` says what counts then. */
  nullable: boolean;
  /** Its values, if there are only a few. */
  choices: SettingChoice[];
  /** The least number, or the least number of characters or items. */
  minimum: number | null;
  /** The greatest one. */
  maximum: number | null;
  /** The unit of a number. */
  unit: string;
  /** What counts while it is null, in words for the screen. */
  unset: string;
}

/** Settings of the organisation were changed. */
export interface SettingsChanged {
  /** The organisation. */
  id: string;
  /** By the names of the settings. Only those that are different now. */
  changes: Record<string, SettingChange>;
  /** Who changed them. */
  actor: Participant;
}

/** All settings of an organisation, or all of the calling agent. */
export interface SettingsRecord {
  /** Names this state of all of them, for `If-Match`. */
  etag: string;
  /** The present value of each setting, by its name. */
  values: Record<string, unknown>;
  /** What there is to say about each of them. */
  settings: SettingRecord[];
}

/** When the snooze ends. Visitors must not see it, so it is an event of the notes stream. */
export interface SnoozeChanged {
  conversation_id: string;
  snoozed_until: Timestamp | null;
  actor: Participant;
}

export type Status = "open" | "pending" | "snoozed" | "resolved";

/** The status, as the visitor may see it. */
export interface StatusChanged {
  conversation_id: string;
  status: Status;
  previous: Status;
  /** The participant who changed it. */
  actor: Participant;
  /** Why it changed. Null if somebody chose it, and in events of version 1. */
  reason: "snooze_ended" | "reply" | "agent_reply" | "silence" | null;
}

export interface SubjectChanged {
  conversation_id: string;
  subject: string | null;
  actor: Participant;
}

/**
 * A tag was created or changed by `actor`, and is like this now. After a change of the name, the
 * conversations follow, each with its own event.
 */
export interface TagChanged {
  tag: TagRecord;
  actor: Participant;
}

/** What is to change. What is left out stays. */
export interface TagChanges {
  name?: string;
  color?: TagColor;
  description?: string;
}

/**
 * The colours of tags. The console has a readable text and background for each, in the light and
 * in the dark theme.
 */
export type TagColor = "gray" | "red" | "orange" | "yellow" | "green" | "teal" | "blue" | "purple" | "pink";

/** A tag was deleted, or merged into another one. */
export interface TagDeleted {
  /** The tag. */
  id: string;
  /** The id of the other one; null if it was deleted. */
  merged_into: string | null;
  /** Who did it. */
  actor: Participant;
}

/** `into`: the id of the tag that stays. */
export interface TagMerge {
  into: string;
}

/** A word that conversations are sorted by. */
export interface TagRecord {
  /** `tag_…`. It stays when the tag is renamed. */
  id: string;
  /**
   * What conversations show. No two tags of an organisation have the same one, whatever the case
   * of its letters.
   */
  name: string;
  color: TagColor;
  /** What it is for; may be empty. */
  description: string;
  /** The id of who created it, such as an agent. */
  created_by: string;
  created_at: Timestamp;
  /** The id of who changed it last. */
  updated_by: string;
  updated_at: Timestamp;
}

export interface TagsChanged {
  conversation_id: string;
  tags: string[];
  actor: Participant;
}

/** `client_id`: repeated with the same one, it answers with the same conversation. */
export interface Take {
  client_id?: string | null;
}

/** `conversation` is null when nobody waits. */
export interface Taken {
  conversation: AgentConversation | null;
}

/** The sizes of an agent's lists of open conversations. */
export interface Tallies {
  mine: Tally;
  unassigned: Tally;
  all: Tally;
}

/** How many open conversations there are; 10,000 stands for that many or more. */
export interface Tally {
  open: number;
  /** Those of them in which a visitor waits for an answer. */
  waiting: number;
}

/** From which team to which one the conversation went. Visitors do not see teams. */
export interface TeamChanged {
  conversation_id: string;
  team: TeamName | null;
  /** Null if no team had it. */
  previous: TeamName | null;
  /** The participant who changed it. */
  actor: Participant;
}

/** What is to change. What is left out stays. */
export interface TeamChanges {
  name?: string;
  description?: string;
  members?: string[];
}

/** A team was created, changed or deleted. */
export interface TeamEvent {
  /** The team. */
  id: string;
  /** How it is now; of a deleted team, how it was. */
  team: TeamRecord;
  /** Who did it. */
  actor: Participant;
}

/** A team where only its name is shown. The team may have been deleted since. */
export interface TeamName {
  id: string;
  name: string;
}

/** Agents who do the same work, such as those who answer questions about invoices. */
export interface TeamRecord {
  /** `team_…`. */
  id: string;
  name: string;
  /** What the team does. It may be empty. */
  description: string;
  /** The ids of its agents, in the order of these ids. */
  members: string[];
  created_at: Timestamp;
  updated_at: Timestamp;
}

/** Which texts a webhook sends: none, those of public messages, or those of notes too. */
export type TextChoice = "none" | "public" | "all";

/** Shown on the socket with `renew`; `expires_at` is the latest moment for that. */
export interface TicketCreated {
  ticket: string;
  expires_at: Timestamp;
}

/** Something that happened between a contact and the organisation. */
export interface TimelineEntry {
  /** The change (`cch_…`) or the conversation. */
  id: string;
  at: Timestamp;
  kind: TimelineKind;
  /** Who changed the contact. Null for a conversation. */
  actor: Participant | null;
  /** What was changed of the contact. */
  fields: FieldChange[];
  /** That of the conversation. */
  subject: string | null;
  /** What the conversation is by now. Null if it is about none. */
  status: Status | null;
}

/**
 * What the timeline of a contact tells: what happened to the contact, as in
 * :class:`~campfire_chat.features.contacts.records.ChangeKind`, and their conversations.
 */
export type TimelineKind = "created" | "described" | "blocked" | "unblocked" | "conversation_begun" | "conversation_resolved";

export type Visibility = "public" | "internal";

/** A conversation for its visitor. */
export interface VisitorConversation extends VisitorSummary {
  /** Null without an assignee, and in lists. */
  assignee_availability: Availability | null;
  /** Number of the agents' messages after the visitor's read mark. */
  unread: number;
  /** The receipts of all participants. Empty in lists. */
  receipts: ReceiptRecord[];
}

/** `identity` is a signed identity, made with `campfire.sign_identity`. */
export interface VisitorCreate {
  identity?: string | null;
}

/**
 * `availability` is that of the team. `by_session` tells that the visitor is the user of the
 * session, so that the token is valid only together with the session.
 */
export interface VisitorCreated {
  token: string;
  visitor: PrincipalRecord;
  availability: Availability;
  by_session: boolean;
}

/**
 * What a row of a visitor's list shows. It is the data of `own_conversation.updated`, and reveals
 * nothing of notes and internal fields.
 */
export interface VisitorSummary {
  id: string;
  status: Status;
  subject: string | null;
  assignee: Assignee | null;
  last_message: Preview | null;
  counts: Counts;
  /** The last seq of the conversation's stream. */
  head: number;
  created_at: Timestamp;
  last_activity_at: Timestamp;
}

export type WebhookChange = "created" | "changed" | "rotated" | "deleted";

/** Somebody has created, changed or deleted a webhook, or given it a new secret. */
export interface WebhookChanged {
  /** The webhook. */
  id: string;
  change: WebhookChange;
  /** Who did it. */
  actor: Participant;
}

/** Only what is to change. */
export interface WebhookChanges {
  url?: string;
  description?: string;
  events?: string[] | null;
  text?: TextChoice;
  state?: WebhookState;
}

/** A webhook sends nothing until somebody makes it active again. */
export interface WebhookPaused {
  /** The webhook. */
  id: string;
  /** What its creator has written. */
  description: string;
  reason: PauseReason;
}

/** A webhook of the organisation. */
export interface WebhookRecord {
  id: string;
  /** Where it sends. */
  url: string;
  description: string;
  /** The types of events that it sends; null for all of them. */
  events: string[] | null;
  /** Which texts of messages it sends. */
  text: TextChoice;
  state: WebhookState;
  /** Why it is paused; null unless it is. */
  pause_reason: PauseReason | null;
  paused_at: Timestamp | null;
  /** Since when every attempt has failed; null after a success. */
  failing_since: Timestamp | null;
  /**
   * Until when deliveries are also signed with the secret before the last rotation; null if they
   * are not.
   */
  old_secret_until: Timestamp | null;
  created_at: Timestamp;
  updated_at: Timestamp;
}

/** A paused webhook keeps what happens until it is active again. A disabled one does not. */
export type WebhookState = "active" | "paused" | "disabled";

/** A webhook right after it got a secret, which no later request shows again. */
export interface WebhookWithSecret extends WebhookRecord {
  /** Signs the deliveries; `whsec_` and then base64. */
  secret: string;
}

/** What `in` names. */
export type Within = "messages" | "notes" | "conversations";

/** What the data of each type of events is. */
export interface EventMap {
  "agent.availability_changed": AvailabilityChanged;
  "agent.session_ended": SessionEnded;
  "agent.session_started": SessionStarted;
  "api_key.created": ApiKeyChanged;
  "api_key.revoked": ApiKeyChanged;
  "api_key.rotated": ApiKeyChanged;
  "contact.updated": ContactEvent;
  "conversation.access_changed": AccessChanged;
  "conversation.assignee_changed": AssigneeChanged;
  "conversation.contact_blocked": ContactBlocked;
  "conversation.linked": Linked;
  "conversation.priority_changed": PriorityChanged;
  "conversation.snooze_changed": SnoozeChanged;
  "conversation.status_changed": StatusChanged;
  "conversation.subject_changed": SubjectChanged;
  "conversation.tags_changed": TagsChanged;
  "conversation.team_changed": TeamChanged;
  "conversation.updated": ConversationSummary;
  "draft.changed": DraftChanged;
  "mention.created": Mentioned;
  "message.created": Message;
  "message.deleted": DeletedMessage;
  "message.redacted": RedactedMessage;
  "message.updated": Message;
  "notification.created": NotificationCreated;
  "notification.read": NotificationsRead;
  "own_conversation.updated": VisitorSummary;
  "own_settings.changed": OwnSettingsChanged;
  "saved_reply.changed": SavedReplyEvent;
  "saved_reply.deleted": SavedReplyEvent;
  "settings.changed": SettingsChanged;
  "tag.changed": TagChanged;
  "tag.deleted": TagDeleted;
  "team.changed": TeamEvent;
  "team.created": TeamEvent;
  "team.deleted": TeamEvent;
  "webhook.changed": WebhookChanged;
  "webhook.paused": WebhookPaused;
}

/** The kinds of streams in which each type of events appears. */
export interface EventStreams {
  "agent.availability_changed": "inbox";
  "agent.session_ended": "inbox";
  "agent.session_started": "inbox";
  "api_key.created": "inbox";
  "api_key.revoked": "inbox";
  "api_key.rotated": "inbox";
  "contact.updated": "inbox";
  "conversation.access_changed": "notes";
  "conversation.assignee_changed": "conversation";
  "conversation.contact_blocked": "notes";
  "conversation.linked": "notes";
  "conversation.priority_changed": "notes";
  "conversation.snooze_changed": "notes";
  "conversation.status_changed": "conversation";
  "conversation.subject_changed": "conversation";
  "conversation.tags_changed": "notes";
  "conversation.team_changed": "notes";
  "conversation.updated": "inbox";
  "draft.changed": "agent";
  "mention.created": "agent";
  "message.created": "conversation" | "notes";
  "message.deleted": "conversation" | "notes";
  "message.redacted": "conversation" | "notes";
  "message.updated": "conversation" | "notes";
  "notification.created": "agent";
  "notification.read": "agent";
  "own_conversation.updated": "visitor";
  "own_settings.changed": "agent";
  "saved_reply.changed": "inbox";
  "saved_reply.deleted": "inbox";
  "settings.changed": "inbox";
  "tag.changed": "inbox";
  "tag.deleted": "inbox";
  "team.changed": "inbox";
  "team.created": "inbox";
  "team.deleted": "inbox";
  "webhook.changed": "inbox";
  "webhook.paused": "inbox";
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

export interface ClientInfo {
  name?: string;
  version?: string;
}

export interface DrainFrame {
  type: "drain";
  window: number;
}

/** `details` is what a program needs to go on. The code says what is in it. */
export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
  final: boolean;
  id?: string;
  field?: string;
  retry_after?: number;
  details?: Record<string, unknown>;
}

/** A page of a replay, made of the stored texts of the events; `more` pages may follow. */
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

export interface Hello {
  type: "hello";
  token?: string | null;
  resume?: ResumePoint[];
  client?: ClientInfo | null;
}

/**
 * `seen` is the last seq of the conversation's stream that the writer of a reply had seen. The
 * reply is held if a colleague has answered since.
 */
export interface MessageSend {
  type: "message.send";
  id: string;
  conversation_id: string;
  body: string;
  visibility?: Visibility;
  reply_to?: string | null;
  seen?: number | null;
  attachments?: unknown[] | null;
}

/** Done and committed. */
export interface Ok {
  type: "ok";
  id: string;
}

export interface Ping {
  type: "ping";
  n?: number;
}

export interface Pong {
  type: "pong";
  n: number;
}

/** The presence or availability of a participant has changed. */
export interface PresenceNotice {
  type: "presence";
  participant: Participant;
  availability?: Availability;
  conversation_id?: string;
  viewing?: boolean;
}

export interface Receipt {
  type: "receipt";
  conversation_id: string;
  delivered?: number | null;
  read?: number | null;
  id?: string | null;
}

export interface ReceiptNotice {
  type: "receipt";
  conversation_id: string;
  participant: Participant;
  delivered: number;
  read: number;
}

/** Proof that the host's session is still there: a ticket from `POST /tickets`. */
export interface Renew {
  type: "renew";
  ticket: string;
}

/** Prove the host's session within so many seconds, or be closed with 4401. */
export interface RenewDue {
  type: "renew_due";
  within: number;
}

export interface Reset {
  type: "reset";
  stream: string;
  epoch: string;
  head: number;
  reason: "epoch" | "ahead" | "pruned" | "access";
}

export interface ResumePoint {
  stream: string;
  after: number;
  epoch?: string | null;
}

/** The message is stored. */
export interface SendOk {
  type: "ok";
  id: string;
  /**
   * Where it is: in the conversation that it was sent to, or in a later one. A visitor's message
   * that comes too late to reopen a conversation goes there.
   */
  conversation_id: string;
  message_id: string;
  seq: number;
  at: Timestamp;
  /** Whether it had been stored before. */
  duplicate: boolean;
}

export interface StreamHead {
  stream: string;
  head: number;
}

export interface Subscribe {
  type: "subscribe";
  id: string;
  stream: string;
  after?: number | null;
  epoch?: string | null;
}

/** Subscribed. The events after `after` follow, up to `head`, and then new ones. */
export interface SubscribeOk {
  type: "ok";
  id: string;
  stream: string;
  head: number;
}

export interface Typing {
  type: "typing";
  conversation_id: string;
  active: boolean;
}

export interface TypingNotice {
  type: "typing";
  conversation_id: string;
  participant: Participant;
  active: boolean;
}

export interface Unsubscribe {
  type: "unsubscribe";
  id: string;
  stream: string;
}

/** `token` is a new visitor token, when half of the old one's lifetime is over. */
export interface Welcome {
  type: "welcome";
  version: number;
  session: string;
  epoch: string;
  heartbeat: number;
  limits: WelcomeLimits;
  principal: PrincipalRecord;
  streams: StreamHead[];
  token: string | null;
}

/** Limits for a client: bytes of a frame, characters of a body, number of subscriptions. */
export interface WelcomeLimits {
  frame_bytes: number;
  body_characters: number;
  subscriptions: number;
}

/** A frame of the server. */
export type ServerFrame =
  | StreamEvent
  | DrainFrame
  | ErrorFrame
  | Events
  | Head
  | Ok
  | Pong
  | PresenceNotice
  | ReceiptNotice
  | RenewDue
  | Reset
  | SendOk
  | SubscribeOk
  | TypingNotice
  | Welcome;

/** A frame of a client. */
export type ClientFrame =
  | Hello
  | MessageSend
  | Ping
  | Receipt
  | Renew
  | Subscribe
  | Typing
  | Unsubscribe;

/** The codes of problems and of `error` frames. */
export type ErrorCode =
  | "agent_needed"
  | "answered_since"
  | "bad_frame"
  | "body_empty"
  | "body_timeout"
  | "body_too_long"
  | "client_id_conflict"
  | "configuration"
  | "contact_blocked"
  | "draft_stale"
  | "error"
  | "example_key"
  | "forbidden"
  | "hello_timeout"
  | "hook_failed"
  | "host_unavailable"
  | "impossible_transition"
  | "internal"
  | "invalid"
  | "invalid_attribute"
  | "invalid_cursor"
  | "invalid_saved_reply"
  | "invalid_search"
  | "invalid_setting"
  | "invalid_tag"
  | "invalid_text"
  | "invalid_webhook"
  | "malformed"
  | "message_deleted"
  | "message_refused"
  | "method_not_allowed"
  | "not_found"
  | "not_started"
  | "origin_forbidden"
  | "overloaded"
  | "protocol_version"
  | "renewal_needed"
  | "rest_only"
  | "schema_mismatch"
  | "search_too_broad"
  | "session_changed"
  | "settings_stale"
  | "shortcut_taken"
  | "snooze_in_past"
  | "storage_unavailable"
  | "tag_name_taken"
  | "team_name_taken"
  | "text_not_found"
  | "token_expired"
  | "token_invalid"
  | "too_large"
  | "too_many"
  | "too_many_drafts"
  | "too_many_keys"
  | "too_many_saved_replies"
  | "too_many_tags"
  | "too_many_teams"
  | "unauthorized"
  | "unavailable"
  | "unknown_agent"
  | "unknown_frame"
  | "unknown_organization"
  | "unknown_setting"
  | "unsupported_media_type"
  | "wrong_organization";
