import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message } from "../../shared/types";
import { text } from "../messages";
import { editing, focusComposer } from "../state/composer";
import { editMessage } from "../state/desk";

/** A message while it is being edited, in its own place. */
export function EditForm({ message }: { message: Message }) {
  const [body, setBody] = useState(message.body);
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

  const done = () => {
    editing.value = null;
    focusComposer();
  };
  const save = async () => {
    if (!body.trim() || saving) return;
    if (body === message.body) return done();
    setSaving(true);
    const saved = await editMessage(message.id, body);
    setSaving(false);
    if (saved) done();
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
        aria-label={text.editing}
        value={body}
        onInput={(event) => setBody(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            done();
          }
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            void save();
          }
        }}
      />
      <span class="edit-actions">
        <button type="button" class="button quiet" onClick={done}>
          {text.cancel}
        </button>
        <button type="submit" class="button primary" disabled={!body.trim() || saving}>
          {text.save}
        </button>
      </span>
    </form>
  );
}
