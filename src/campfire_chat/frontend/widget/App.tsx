import { isComposing } from "../common/keyboard";
import { host, state } from "./chat";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { List } from "./List";
import { text } from "./strings";
import { Notice } from "./Notice";
import { Thread } from "./Thread";

export function App() {
  const { open, view, covered } = state;
  return (
    <section
      id="panel"
      role="dialog"
      class={covered ? "covered" : ""}
      aria-label={text.title}
      hidden={!open}
      onKeyDown={(event) => {
        // The page behind has shortcuts of its own, and dialogs that Escape would close as well.
        event.stopPropagation();
        if (event.key !== "Escape" || isComposing(event)) return;
        event.preventDefault();
        host.close();
      }}
    >
      <Header />
      <Notice />
      {view === "list" ? (
        <List />
      ) : (
        <>
          <Thread />
          <Composer />
        </>
      )}
    </section>
  );
}
