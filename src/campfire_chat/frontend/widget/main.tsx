import { App } from "./App";
import { render } from "./dom/jsx-runtime";
import type { Host, Panel } from "./host";
import { beginChat } from "./panel";
import { text } from "./strings";
import css from "./style.css?inline";

/** Called by the launcher once this bundle has arrived, and after each `shutdown`. */
export function createPanel(host: Host): Panel {
  host.style(css);
  Object.assign(text, host.words);
  let due = false;
  return beginChat(host, () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      render(<App />, host.place);
    });
  });
}
