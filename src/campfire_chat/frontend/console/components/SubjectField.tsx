import { useEffect, useRef, useState } from "preact/hooks";
import { text } from "../messages";
import { canWrite } from "../state/core";
import { changeConversation } from "../state/desk";

/** The subject, editable in its place. */
export function SubjectField({ id, subject }: { id: string; subject: string | null }) {
  const [value, setValue] = useState(subject ?? "");
  const field = useRef<HTMLInputElement>(null);
  // What somebody else changed appears, except under the cursor.
  useEffect(() => {
    if (document.activeElement !== field.current) setValue(subject ?? "");
  }, [subject]);
  const save = () => {
    const next = value.trim() || null;
    if (next !== subject) void changeConversation(id, { subject: next });
    else setValue(subject ?? "");
  };
  return (
    <input
      ref={field}
      class="subject-field"
      type="text"
      aria-label={text.subject}
      placeholder={text.addSubject}
      maxLength={200}
      readOnly={!canWrite.value}
      value={value}
      onInput={(event) => setValue(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") {
          event.stopPropagation();
          event.currentTarget.value = subject ?? "";
          setValue(subject ?? "");
          event.currentTarget.blur();
        }
      }}
    />
  );
}
