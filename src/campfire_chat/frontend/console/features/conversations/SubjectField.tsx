import { useEffect, useRef, useState } from "preact/hooks";
import { isComposing } from "../../../common/keyboard";
import { characters, isBlank } from "../../../common/text";
import { text } from "./strings";
import { canManage } from "../../shell/permissions";
import { changeConversation } from "./changes";

/** Code points, as the server counts them. */
const LONGEST = 200;

/** The subject, editable in its place. */
export function SubjectField({ id, subject }: { id: string; subject: string | null }) {
  const [value, setValue] = useState(subject ?? "");
  const field = useRef<HTMLInputElement>(null);
  // What somebody else changed appears, except under the cursor.
  useEffect(() => {
    if (document.activeElement !== field.current) setValue(subject ?? "");
  }, [subject]);
  const save = () => {
    const next = isBlank(value) ? null : value.trim();
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
      dir="auto"
      readOnly={!canManage.value}
      value={value}
      onInput={(event) => {
        const typed = event.currentTarget.value;
        const fits = characters(typed) <= LONGEST;
        setValue(fits ? typed : [...typed].slice(0, LONGEST).join(""));
      }}
      onBlur={save}
      onKeyDown={(event) => {
        if (isComposing(event)) return;
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
