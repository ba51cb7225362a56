/** Marks in the widget: what the panel loads with the first text that may have some. */
import { marked as parts, type Part } from "../common/markup";
import type { Host } from "./host";
import css from "./markup.css?inline";

export { plain } from "../common/markup";

let styled: Host | null = null;

/** The parts of a text, as the renderer takes them. Their styles are there with the first ones. */
export function marked(body: string, host: Host): readonly Part[] {
  if (styled !== host) {
    styled = host;
    host.style(css);
  }
  return parts(body);
}
