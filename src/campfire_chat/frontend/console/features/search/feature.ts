import type { SearchHit } from "../../../common/types";
import type { Command, Feature } from "../../shell/registry";
import { contactName } from "../../ui/format";
import { go } from "../conversations/route";
import { text as conversations } from "../conversations/strings";
import { goToMessage } from "../messages/wanted";
import { found } from "./asking";
import { text } from "./strings";

const MOST = 8;

const commandOf = ({ kind, message_id, text: said, conversation }: SearchHit): Command => ({
  key: `found:${message_id}`,
  label: kind === "note" ? text.note(said) : said,
  hint: `${conversations.number(conversation.number)} · ${contactName(conversation.contact)}`,
  run: () => (message_id ? goToMessage(conversation.id, message_id) : go(conversation.id)),
});

export const SEARCH: Feature = {
  name: "search",
  finder: {
    title: text.group,
    find: () => [],
    /** What was said; whole conversations the palette finds by itself. */
    search: async (typed, signal) =>
      (await found(typed, ["messages", "notes"], MOST, signal)).map(commandOf),
  },
};
