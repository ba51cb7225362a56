import { path } from "../../shell/router";
import { ContactList } from "./ContactList";
import { ContactPage } from "./ContactPage";
import { renewContact } from "./contact";
import { renew as renewList } from "./contacts";
import { PATH, shownId } from "./route";

export { changed, toggleBlocked, touched } from "./contact";
export { back, chooseColumns, moveFocus, search } from "./focus";

/** Loads what is shown anew. */
export function renew(): void {
  if (shownId()) renewContact();
  else if (path.peek()[0] === PATH) void renewList();
}

/** All contacts, or the page of one. */
export function Screen() {
  const id = shownId();
  return (
    <main class="page contacts-page" id="screen" tabIndex={-1}>
      {id ? <ContactPage key={id} id={id} /> : <ContactList />}
    </main>
  );
}
