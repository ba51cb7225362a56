import { Linked } from "../../ui/Linked";
import { parts } from "./mentions";

/** The text of a note, with the names of those whom it mentions. */
export function NoteText({ body }: { body: string }) {
  return (
    <>
      {parts(body).map((part) =>
        typeof part === "string" ? (
          <Linked body={part} />
        ) : (
          <bdi class={part.me ? "mention me" : "mention"}>{part.shown}</bdi>
        ),
      )}
    </>
  );
}
