import { isolated } from "../../ui/isolated";

export const en = {
  title: "Saved replies",
  /** Where there is little room. */
  short: "Replies",
  help: "Texts that you insert while you write. Type / in a message to find one.",
  insert: "Insert a saved reply",
  searchHere: "Search saved replies",
  create: "New saved reply",
  createCommand: "Create a saved reply",
  edit: "Edit",
  editTitle: "Edit the saved reply",
  remove: "Delete",
  removeTitle: "Delete this saved reply?",
  removeHelp: {
    shared: "It is gone for everybody. Messages that were sent with it stay as they are.",
    personal: "Messages that were sent with it stay as they are.",
  },
  cancel: "Cancel",
  save: "Save",
  created: "Saved reply created",
  saved: "Saved",
  removed: "Deleted",
  retry: "Try again",
  loading: "Loading saved replies",
  list: (group: string) => `Saved replies: ${group}`,
  groups: { all: "All", shared: "Shared", personal: "Only mine" },
  groupLabel: "Which saved replies",
  whose: { shared: "Shared", personal: "Only you" },
  changed: (name: string, time: string) => `changed by ${isolated(name)}, ${time}`,
  you: "you",
  somebody: "a colleague",
  fields: {
    shortcut: "Shortcut",
    shortcutHelp: "What you type after the slash. Letters, digits, hyphens, dots and underscores.",
    title: "Title",
    body: "Text",
    variables: "Variables are replaced when you insert the text:",
    fallback: "After | stands what to say when the value is not known:",
    fallbackExample: "{{contact.name|there}}",
    whose: "Who can use it",
    everybody: "Everybody",
    everybodyHelp: "Your role does not let you share saved replies.",
    onlyMe: "Only you",
  },
  unknown: (names: readonly string[]) =>
    names.length === 1
      ? `There is no variable ${isolated(`{{${names[0]}}}`)}. It would stay in the text.`
      : `There are no variables ${names.map((name) => isolated(`{{${name}}}`)).join(", ")}. They would stay in the text.`,
  unfilled: (names: readonly string[]) =>
    names.length === 1
      ? `Not filled in: ${isolated(`{{${names[0]}}}`)}. Complete the text before you send it.`
      : `Not filled in: ${names.map((name) => isolated(`{{${name}}}`)).join(", ")}. Complete the text before you send it.`,
  empty: {
    title: "No saved replies yet",
    help: "Save a text that you write again and again.",
    none: { title: "Nothing matches", help: "Try other words, or look at all saved replies." },
  },
  failed: {
    load: "The saved replies could not be loaded.",
    save: "The saved reply could not be saved.",
    remove: "The saved reply could not be deleted.",
    why: (what: string, reason: string) => `${what} ${reason}`,
  },
  keys: {
    group: "Saved replies",
    next: "Next saved reply",
    previous: "Previous saved reply",
    create: "New saved reply",
    edit: "Edit",
    remove: "Delete",
    search: "Search",
  },
};

export type Strings = typeof en;
