import { useEffect, useState } from "preact/hooks";
import { isBlank } from "../../../common/text";
import type { ListedTag } from "../../../common/types";
import { closeDialog, toast, useClosedWhen } from "../../shell/overlay";
import { reason } from "../../shell/session";
import { Modal } from "../../ui/Modal";
import { useRefusal } from "../../ui/refusal";
import { NEW } from "./names";
import { text } from "./strings";
import { TagChip } from "./TagChip";
import { COLORS, ensure, phase, save, tags, type Writing } from "./tags";

const { fields } = text;
const FIELDS = ["name", "description"] as const;

/** Creates a tag, or changes one. */
export function EditDialog({ subject }: { subject: string }) {
  useEffect(ensure, []);
  const tag = tags.value.find(({ id }) => id === subject);
  const gone = subject !== NEW && phase.value === "ready" && !tag;
  useClosedWhen(gone);
  if (subject !== NEW && !tag) return null;
  return <Form key={subject} tag={tag ?? null} />;
}

function Form({ tag }: { tag: ListedTag | null }) {
  const title = tag ? text.editTitle : text.create;
  const [writing, setWriting] = useState<Writing>({
    name: tag?.name ?? "",
    color: tag?.color ?? "gray",
    description: tag?.description ?? "",
  });
  const refusal = useRefusal("tag", FIELDS);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Writing>) => {
    setWriting({ ...writing, ...part });
    refusal.clear();
  };
  const complete = !isBlank(writing.name);

  const submit = async () => {
    if (!complete || busy) return;
    setBusy(true);
    try {
      const saved = await save(tag?.id ?? null, writing);
      closeDialog();
      toast(!tag ? text.created : tag.name === saved.name ? text.saved : text.renamed);
    } catch (error) {
      setBusy(false);
      refusal.refuse(error, text.failed.why(text.failed.save, reason(error)));
    }
  };
  return (
    <Modal label={title} name="tag-dialog" onClose={closeDialog}>
      <form
        ref={refusal.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h2>{title}</h2>
        {refusal.told && (
          <p class="tag-refused" id="tag-refused" role="alert">
            {refusal.told}
          </p>
        )}
        <label for="tag-name">{fields.name}</label>
        <input
          id="tag-name"
          type="text"
          dir="auto"
          autoFocus
          autoComplete="off"
          maxLength={40}
          value={writing.name}
          aria-invalid={refusal.isWrong("name")}
          aria-describedby={refusal.describedBy("name", "tag-name-help")}
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
        <p class="tag-help" id="tag-name-help">
          {tag ? fields.renameHelp : fields.nameHelp}
        </p>
        <fieldset>
          <legend>{fields.color}</legend>
          <div class="tag-colors">
            {COLORS.map((color) => (
              <label key={color}>
                <input
                  type="radio"
                  name="color"
                  checked={writing.color === color}
                  onChange={() => change({ color })}
                />
                <span class={`tag color-${color}`}>{text.colors[color]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label for="tag-description">{fields.description}</label>
        <input
          id="tag-description"
          type="text"
          dir="auto"
          autoComplete="off"
          maxLength={200}
          value={writing.description}
          aria-invalid={refusal.isWrong("description")}
          aria-describedby={refusal.describedBy("description", "tag-description-help")}
          onInput={(event) => change({ description: event.currentTarget.value })}
        />
        <p class="tag-help" id="tag-description-help">
          {fields.descriptionHelp}
        </p>
        <p class="tag-preview">
          <span class="tag-help">{fields.preview}</span>
          <TagChip name={writing.name.trim() || fields.unnamed} color={writing.color} />
        </p>
        <p class="modal-actions">
          <button type="button" class="button" onClick={closeDialog}>
            {text.cancel}
          </button>
          <button type="submit" class="button primary" disabled={!complete} aria-busy={busy}>
            {text.save}
          </button>
        </p>
      </form>
    </Modal>
  );
}
