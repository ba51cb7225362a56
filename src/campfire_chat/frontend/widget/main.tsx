import { render } from "preact";
import { createChat } from "./chat";
import type { Host, Panel } from "./host";
import { App } from "./App";
import css from "./style.css?inline";

/** Called by the launcher once this bundle has arrived. */
export function createPanel(host: Host): Panel {
  host.style(css);
  let due = false;
  const draw = () => {
    due = false;
    render(<App chat={chat} />, host.place);
  };
  const changed = () => {
    if (!due) queueMicrotask(draw);
    due = true;
  };
  const chat = createChat(host, changed);
  changed();
  return {
    toggled: chat.toggle,
    identified: chat.identify,
    shutdown() {
      chat.shutdown();
      render(null, host.place);
      host.place.remove();
    },
  };
}
