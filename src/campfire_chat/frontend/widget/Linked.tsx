import { createChunk } from "../common/chunk";
import { changed } from "./chat";

/** What finds the addresses in a text, once a text that has one is shown. */
export const links = createChunk(() => import("../common/links"));

/** Plain text in which addresses can be followed; never markup. */
export function Linked({ body }: { body: string }) {
  if (links.ready) {
    return links.ready.linked(body).map((part) =>
      typeof part === "string" ? (
        part
      ) : (
        <a href={part.href} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
          {part.shown}
        </a>
      ),
    );
  }
  if (/https?:/i.test(body)) void links.load().then(changed);
  return body;
}
