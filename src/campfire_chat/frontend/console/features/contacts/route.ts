import { navigate, path } from "../../shell/router";

/** `#/contacts` is the list, `#/contacts/<id>` the page of a contact. */
export const PATH = "contacts";

/** The contact whose page is shown; null for the list. */
export const shownId = (): string | null =>
  path.value[0] === PATH ? (path.value[1] ?? null) : null;

export const hashOfContact = (id: string): string => `#/${PATH}/${encodeURIComponent(id)}`;

/** Goes to the page of a contact, or to the list. */
export const goToContact = (id: string | null): void =>
  navigate(id ? hashOfContact(id) : `#/${PATH}`);
