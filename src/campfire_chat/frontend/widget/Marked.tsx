import type { JSX } from "#dom/jsx-runtime";
import { createChunk } from "../common/chunk";
import { changed, host } from "./chat";

/** What reads the marks in a text, once a text that may have some is shown. */
export const markup = createChunk(() => import("./markup"));

/** A text with its marks and links; never markup of the page. */
export function Marked({ body }: { body: string }): JSX.Element {
  if (markup.ready) return markup.ready.marked(body, host) as never;
  if (/[*_~`:>-]|^\d/m.test(body)) void markup.load().then(changed);
  return body as never;
}
