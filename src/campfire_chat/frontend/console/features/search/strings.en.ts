import { isolated } from "../../ui/isolated";

export const en = {
  group: "Messages and notes",
  /** What a note is called before what it says. */
  note: (said: string) => `Note: ${said}`,
  searchFor: (words: string) => `Search for ${isolated(words)}`,
  title: "Search",
  help: "What was said in all conversations that you may see.",
  field: "Words, “phrases” and operators",
  hints: "Operators and their values",
  operators: {
    from: "Who wrote it",
    to: "To whom it was written",
    assignee: "Who has the conversation",
    tag: "A tag of the conversation",
    status: "The status of the conversation",
    after: "On this day or later",
    before: "Before this day",
    is: "A message, a note or a conversation",
  },
  show: "Show",
  kinds: {
    all: "Everything",
    messages: "Messages",
    notes: "Notes",
    conversations: "Conversations",
  },
  kindOf: { message: "Message", note: "Note", conversation: "Conversation" },
  sort: "Sort by",
  sorts: { best: "Best first", newest: "Newest first" },
  list: "What was found",
  loading: "Searching …",
  found: (count: number, rest: boolean) =>
    rest ? `${count} shown, there may be more` : count === 1 ? "1 hit" : `${count} hits`,
  more: "Show more",
  further: "Search further",
  noSubject: "No subject",
  empty: {
    idle: {
      title: "What are you looking for?",
      help: "All words have to be there. Put a phrase in quotes, and - before what must not be there.",
    },
    nothing: (words: string) => ({
      title: `Nothing holds ${isolated(words)}`,
      help: "Try fewer words, or the beginning of one, or leave out an operator.",
    }),
    sofar: {
      title: "Nothing so far",
      help: "The newest matches meet none of the conditions. Older ones may.",
    },
  },
  retry: "Try again",
  failed: { load: "The search has failed.", more: "No more could be loaded." },
  find: {
    title: "Find in this conversation",
    position: (at: number, count: number, more: boolean) => `${at}\u00a0of\u00a0${count}${more ? "+" : ""}`,
    nothing: "Nothing found",
    older: "Older message",
    newer: "Newer message",
    close: "Stop finding",
  },
  keys: {
    group: "Search",
    everywhere: "Search everything",
    next: "Next hit",
    previous: "Previous hit",
    open: "Show it in its conversation",
    field: "To the field",
  },
};

export type Strings = typeof en;
