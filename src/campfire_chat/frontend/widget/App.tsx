import { isComposing } from "../shared/keyboard";
import type { Chat } from "./chat";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { List } from "./List";
import { text } from "./messages";
import { Notice } from "./Notice";
import { Thread } from "./Thread";

export function App({ chat }: { chat: Chat }) {
  const { open, view } = chat.state;
  return (
    <section
      id="panel"
      role="dialog"
      class={chat.state.covered ? "covered" : ""}
      aria-label={text.title}
      hidden={!open}
      onKeyDown={(event) => {
        // The page behind has shortcuts of its own, and dialogs that Escape would close as well.
        event.stopPropagation();
        if (event.key !== "Escape" || isComposing(event)) return;
        event.preventDefault();
        chat.close();
      }}
    >
      <Header chat={chat} />
      <Notice chat={chat} />
      {view === "list" ? (
        <List chat={chat} />
      ) : (
        <>
          <Thread chat={chat} />
          <Composer chat={chat} />
        </>
      )}
    </section>
  );
}
