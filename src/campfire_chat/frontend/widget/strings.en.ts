/** The panel's words, in one place so that they can be translated. */
export const en = {
  title: "Chat with us",
  back: "All conversations",
  close: "Close chat",
  greeting: "How can we help?",
  welcome: "Ask us anything.",
  lasting: "Your conversation stays here when you leave this page.",
  fleeting: "Your browser stores nothing here: it ends when you leave this page.",
  away: "Leave a message. We answer as soon as we are back.",
  availability: { online: "Online", away: "Away", busy: "Busy right now", offline: "Not here now" },
  conversations: "Conversations",
  newConversation: "New conversation",
  you: (body: string) => "You: " + body,
  write: "Write a message…",
  send: "Send",
  tooLong: (length: number, limit: number) => `${length} of ${limit} characters`,
  typing: (name: string | null) => (name ?? "Support") + " is typing",
  agent: "Support",
  thread: "Messages",
  loading: "Loading…",
  today: "Today",
  newLine: "New",
  edited: "Edited",
  deleted: "Message deleted",
  sending: "Sending",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  notSent: (reason: string) => "Not sent. " + reason,
  retry: "Try again",
  edit: "Edit",
  remove: "Delete",
  jump: (count: number) => (count ? count + " new ↓" : "Newest ↓"),
  resolved: "Resolved. Write again to reopen it.",
  reconnecting: "Reconnecting… Your messages are kept.",
  lacking: "Not sent yet. Your messages are kept.",
  checking: "One moment…",
  ended: "Please reload this page.",
  unreachable: "We cannot be reached right now.",
  forbidden: "The chat is not available here.",
  unread: (count: number) => count + " unread",
};

/** Whom the panel shows while no agent is assigned, if the organisation says it. */
interface Team {
  team?: { name: string | null; avatar_url: string | null };
}

export type Strings = typeof en & Team;
