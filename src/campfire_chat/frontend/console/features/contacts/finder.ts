import type { ContactRecord, Page } from "../../../common/types";
import { may } from "../../shell/permissions";
import type { Command, Finder } from "../../shell/registry";
import { api } from "../../shell/session";
import { contactName } from "../../ui/format";
import { goToContact, PATH } from "./route";
import { text } from "./strings";

const MOST = 5;
/** With fewer letters the server finds too many. */
const FEWEST_LETTERS = 2;

async function search(typed: string, signal: AbortSignal): Promise<Command[]> {
  const wanted = typed.trim();
  if ([...wanted].length < FEWEST_LETTERS || !may("contacts.read")) return [];
  const { items } = await api.get<Page<ContactRecord>>(
    PATH,
    { search: wanted, limit: MOST },
    signal,
  );
  return items.map((contact) => ({
    key: `contact:${contact.id}`,
    label: contactName(contact),
    hint: contact.name && contact.email ? contact.email : text.open,
    run: () => goToContact(contact.id),
  }));
}

export const FINDER: Finder = { title: text.title, find: () => [], search };
