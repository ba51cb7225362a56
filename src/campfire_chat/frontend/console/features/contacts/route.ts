import { effect } from "@preact/signals";
import { navigate, path } from "../../shell/router";

/** `#/contacts` is the list, `#/contacts/<id>` the page of a contact. */
export const PATH = "contacts";

/** The contact whose page is shown; null for the list. */
export const shownId = (): string | null =>
  path.value[0] === PATH ? (path.value[1] ?? null) : null;

const hashOfPath = (parts: readonly string[]): string =>
  `#/${parts.map(encodeURIComponent).join("/")}`;

export const hashOfContact = (id: string): string => hashOfPath([PATH, id]);

/** What was shown before the page of a contact; the list, unless it was something else. */
let origin = `#/${PATH}`;
effect(() => {
  const parts = path.value;
  if (parts[0] !== PATH || !parts[1]) origin = hashOfPath(parts);
});

/** Goes to the page of a contact, or to the list. */
export const goToContact = (id: string | null): void =>
  navigate(id ? hashOfContact(id) : `#/${PATH}`);

/** Goes from the page of a contact to where the agent came from. */
export const leaveContact = (): void => navigate(origin);
