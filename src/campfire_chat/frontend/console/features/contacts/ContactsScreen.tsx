import { ContactList } from "./ContactList";
import { ContactPage } from "./ContactPage";
import { shownId } from "./route";

export { touched } from "./contact";
export { back, chooseColumns, moveFocus, search } from "./focus";

/** All contacts, or the page of one. */
export function Screen() {
  const id = shownId();
  return (
    <main class="page contacts-page" id="screen" tabIndex={-1}>
      {id ? <ContactPage key={id} id={id} /> : <ContactList />}
    </main>
  );
}
