import { linked } from "../shared/links";

/** Plain text in which addresses can be followed; never markup. */
export function Linked({ body }: { body: string }) {
  return linked(body).map((part) =>
    typeof part === "string" ? (
      part
    ) : (
      <a href={part.href} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
        {part.shown}
      </a>
    ),
  );
}
