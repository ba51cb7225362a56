import { App } from "./App";
import { createChat } from "./chat";
import { render } from "./dom/jsx-runtime";
import type { Host, Panel } from "./host";
import css from "./style.css?inline";

/** Called by the launcher once this bundle has arrived. */
export function createPanel(host: Host): Panel {
  host.style(css);
  let due = false;
  const changed = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      render(<App chat={chat} />, host.place);
    });
  };
  const chat = createChat(host, changed);
  return {
    toggled: chat.toggle,
    moved: chat.moved,
    identified: chat.identified,
    shutdown: chat.shutdown,
  };
}
