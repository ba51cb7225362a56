import { text } from "./strings";
import { Icon } from "../../ui/Icon";

/** Said on every run of notes, so that nobody ever wonders who can read them. */
export function NoteLabel() {
  return (
    <span class="note-label">
      <Icon name="lock" size={12} />
      {text.noteOnly}
    </span>
  );
}
