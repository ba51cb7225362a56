import { Marked } from "../../ui/Marked";
import { parts } from "./mentions";

/** The text of a note, with the names of those whom it mentions. */
export const NoteText = ({ body }: { body: string }) => <Marked body={body} leaf={named} />;

const named = (text: string) =>
  parts(text).map((part) =>
    typeof part === "string" ? (
      part
    ) : (
      <bdi class={part.me ? "mention me" : "mention"}>{part.shown}</bdi>
    ),
  );
