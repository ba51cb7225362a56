import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isComposing } from "../../../common/keyboard";
import { characters, isBlank } from "../../../common/text";
import type { Message } from "../../../common/types";
import { text } from "./strings";
import { stopEditing } from "./composer";
import { bodyLimit } from "../../shell/session";
import { editable, stored } from "../mentions/mentions";
import { markByKey } from "./marks";
import { editMessage } from "./changes";

/** A message while it is being edited, in its own place. */
export function EditForm({ message }: { message: Message }) {
  const note = message.visibility === "internal";
  const [body, setBody] = useState(note ? editable(message.body) : message.body);
  const [saving, setSaving] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }, []);
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [body]);

  const limit = bodyLimit.value;
  const length = characters(body);
  const savable = !isBlank(body) && length <= limit && !saving;
  const save = async () => {
    if (!savable) return;
    const next = note ? stored(body) : body;
    if (next === message.body) return stopEditing();
    setSaving(true);
    const saved = await editMessage(message.id, next);
    setSaving(false);
    if (saved) stopEditing();
  };
  return (
    <form
      class="edit-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        aria-label={text.editing}
        value={body}
        onInput={(event) => setBody(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          if (markByKey(event)) return setBody(event.currentTarget.value);
          if (event.key === "Escape") {
            event.stopPropagation();
            stopEditing();
          }
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            void save();
          }
        }}
      />
      <span class="edit-actions">
        {length > limit && <span role="alert">{text.tooLong(length, limit)}</span>}
        <button type="button" class="button quiet" onClick={stopEditing}>
          {text.cancel}
        </button>
        <button type="submit" class="button primary" disabled={!savable}>
          {text.save}
        </button>
      </span>
    </form>
  );
}
