import { isolated } from "../../ui/isolated";

export const en = {
  title: "Notifications",
  help: "What concerns you. Opening a conversation, or acting in it, marks its notifications as read.",
  unread: (count: string) => `${count} unread`,
  /** More than are counted. */
  many: "99+",
  list: "Notifications",
  which: "Which notifications",
  filters: { unread: "Unread", all: "All" },
  markAll: "Mark all as read",
  marked: "All notifications are marked as read",
  more: "Show more",
  retry: "Try again",
  loading: "Loading notifications",
  kinds: {
    mention: (who: string) => `${isolated(who)} mentioned you`,
    assignment: (who: string) => `${isolated(who)} assigned the conversation to you`,
    reply: (who: string) => `${isolated(who)} wrote`,
  },
  /** Before each that is not read, for those who do not see the mark. */
  isUnread: "Unread",
  sound: "Sound",
  desktop: "Desktop notifications",
  denied: "The browser blocks notifications of this site. Allow them in its settings.",
  empty: {
    unread: { title: "Nothing is waiting for you", help: "You have dealt with everything." },
    all: { title: "No notifications yet", help: "You are told here what concerns you." },
  },
  failed: {
    load: "The notifications could not be loaded.",
    more: "More could not be loaded.",
    mark: "The notifications could not be marked as read.",
  },
  keys: {
    group: "Notifications",
    next: "Next notification",
    previous: "Previous notification",
    open: "Open the conversation",
    markAll: "Mark all as read",
  },
};

export type Strings = typeof en;
