import { linked } from "../../common/links";

/** Plain text whose web addresses can be followed. */
export function Linked({ body }: { body: string }) {
  return (
    <>
      {linked(body).map((part) =>
        typeof part === "string" ? (
          part
        ) : (
          <a href={part.href} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
            {part.shown}
          </a>
        ),
      )}
    </>
  );
}
