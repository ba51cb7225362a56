import type { TagColor } from "../../../common/types";
import { amount } from "../../ui/format";
import { isolated } from "../../ui/isolated";

const colors: Readonly<Record<TagColor, string>> = {
  gray: "Grey",
  red: "Red",
  orange: "Orange",
  yellow: "Yellow",
  green: "Green",
  teal: "Teal",
  blue: "Blue",
  purple: "Purple",
  pink: "Pink",
};

export const en = {
  title: "Tags",
  help: "Words that sort conversations. Add them in a conversation's details.",
  searchHere: "Search tags",
  create: "New tag",
  createCommand: "Create a tag",
  edit: "Edit",
  editTitle: "Edit the tag",
  merge: "Merge",
  mergeTitle: (name: string) => `Merge ${isolated(name)} into another tag`,
  mergeHelp: (count: number) =>
    count
      ? `The other tag takes its place in ${conversations(count)}. This cannot be undone.`
      : "No conversation has it. This cannot be undone.",
  mergeSearch: "Into which tag",
  mergeNone: "No other tag matches",
  remove: "Delete",
  removeTitle: (name: string) => `Delete ${isolated(name)}?`,
  removeHelp: (count: number) =>
    count
      ? `It is taken from ${conversations(count)}. The conversations stay. This cannot be undone.`
      : "No conversation has it. This cannot be undone.",
  cancel: "Cancel",
  save: "Save",
  created: "Tag created",
  saved: "Saved",
  renamed: "Saved. Its conversations follow in a moment.",
  merged: (name: string) => `Merged into ${isolated(name)}. The conversations follow in a moment.`,
  removed: "Deleted",
  retry: "Try again",
  loading: "Loading tags",
  used: conversations,
  colors,
  fields: {
    name: "Name",
    nameHelp: "One line of at most 40 characters.",
    renameHelp: "One line of at most 40 characters. Conversations that have the tag show the new name.",
    color: "Colour",
    description: "Description",
    descriptionHelp: "When to use it. Colleagues see it when they choose a tag.",
    preview: "How it looks",
    unnamed: "Tag",
  },
  empty: {
    title: "No tags yet",
    help: "Create one here, or type it in a conversation.",
    none: { title: "Nothing matches", help: "Try another part of the name." },
  },
  failed: {
    load: "The tags could not be loaded.",
    save: "The tag could not be saved.",
    merge: "The tag could not be merged.",
    remove: "The tag could not be deleted.",
    why: (what: string, reason: string) => `${what} ${reason}`,
  },
  keys: {
    group: "Tags",
    next: "Next tag",
    previous: "Previous tag",
    create: "New tag",
    edit: "Edit",
    merge: "Merge into another tag",
    remove: "Delete",
    search: "Search",
  },
};

function conversations(count: number): string {
  return count === 1 ? "1 conversation" : `${amount(count)} conversations`;
}

export type Strings = typeof en;
