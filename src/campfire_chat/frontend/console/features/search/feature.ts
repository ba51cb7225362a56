import { ApiError } from "../../../common/api";
import type { Page, SearchHit } from "../../../common/types";
import { may } from "../../shell/permissions";
import type { Command, Feature } from "../../shell/registry";
import { api } from "../../shell/session";
import { contactName } from "../../ui/format";
import { go } from "../conversations/route";
import { text as conversations } from "../conversations/strings";
import { goToMessage } from "../messages/wanted";
import { text } from "./strings";

const MOST = 8;
/** With fewer letters the server finds too much. */
const FEWEST_LETTERS = 2;

const commandOf = ({ kind, message_id, text: said, conversation }: SearchHit): Command => ({
  key: `found:${message_id}`,
  label: kind === "note" ? text.note(said) : said,
  hint: `${conversations.number(conversation.number)} · ${contactName(conversation.contact)}`,
  run: () => (message_id ? goToMessage(conversation.id, message_id) : go(conversation.id)),
});

/** What was said; whole conversations the palette finds by itself. */
async function search(typed: string, signal: AbortSignal): Promise<Command[]> {
  if ([...typed.trim()].length < FEWEST_LETTERS) return [];
  if (!may("inbox.read") || !may("conversations.read")) return [];
  const wanted = { q: typed, in: "messages,notes", limit: MOST };
  try {
    return (await api.get<Page<SearchHit>>("search", wanted, signal)).items.map(commandOf);
  } catch (error) {
    // Half an operator, such as `status:op`, is on its way to a whole one.
    if (error instanceof ApiError && error.code === "invalid_search") return [];
    throw error;
  }
}

export const SEARCH: Feature = {
  name: "search",
  finder: { title: text.group, find: () => [], search },
};
