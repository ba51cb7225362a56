import { isolated } from "../../ui/isolated";

export const en = {
  title: "Contacts",
  help: "Everybody who has written to you, and whom your site told you about.",
  list: "Contacts",
  search: "Search by name, e-mail or id",
  sort: "Sort by",
  orders: { last_seen: "Last seen", name: "Name", created: "Newest" },
  show: "Show",
  kinds: { all: "Everybody", verified: "Verified", unverified: "Not verified" },
  columns: "Columns",
  columnNames: {
    email: "E-mail",
    external_id: "Id at the site",
    verified: "Identity",
    last_seen_at: "Last seen",
    created_at: "Since",
  },
  name: "Name",
  none: "–",
  never: "Never",
  verified: "Verified",
  unverified: "Not verified",
  verifiedHelp: "Your site confirmed who this is.",
  unverifiedHelp: "Nobody confirmed who this is.",
  loading: "Loading contacts …",
  more: "Show more",
  further: "Search further",
  found: (count: number, rest: boolean) =>
    rest ? `${count} shown, there are more` : count === 1 ? "1 contact" : `${count} contacts`,
  empty: {
    none: {
      title: "Nobody has written yet",
      help: "Visitors become contacts with their first message.",
    },
    search: {
      title: "Nobody is called that",
      help: "Each word you type has to begin a word of the name, the e-mail address or the id.",
    },
    kind: {
      title: "There is nobody of this kind",
      help: "Choose “Everybody” to see the others too.",
    },
  },
  retry: "Try again",
  failed: {
    load: "The contacts could not be loaded.",
    page: "The contact could not be loaded.",
    more: "No more could be loaded.",
  },
  back: "All contacts",
  missing: "There is no such contact",
  missingHelp: "Or you may see none of their conversations.",
  about: "What is known",
  conversations: "Conversations",
  noConversations: "No conversation that you can see.",
  noSubject: "No message yet",
  timeline: "Timeline",
  reference: "Reference",
  told: {
    created: "Was stored as a contact",
    createdBy: (name: string) => `Was stored by ${isolated(name)}`,
    begun: "Began a conversation",
    resolved: "Conversation resolved",
  },
  fields: { name: "Name", email: "E-mail", avatar_url: "Picture", external_id: "Id at the site" },
  changed: (field: string, before: string, after: string) =>
    `${field}: ${isolated(before)} → ${isolated(after)}`,
  changedPicture: "Has another picture",
  open: "Show the contact",
  keys: {
    group: "Contacts",
    next: "Next contact",
    previous: "Previous contact",
    open: "Show the contact",
    search: "Search",
    columns: "Choose the columns",
    back: "Back to where you came from",
  },
};

export type Strings = typeof en;
