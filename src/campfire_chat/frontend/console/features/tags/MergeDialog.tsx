import { closeDialog, useClosedWhen } from "../../shell/overlay";
import { Modal } from "../../ui/Modal";
import { Picker } from "../../ui/Picker";
import { act } from "./act";
import { text } from "./strings";
import { merge, tags } from "./tags";

/** Asks which tag takes the place of this one. */
export function MergeDialog({ subject }: { subject: string }) {
  const tag = tags.value.find(({ id }) => id === subject);
  useClosedWhen(!tag);
  if (!tag) return null;
  const title = text.mergeTitle(tag.name);
  const others = tags.value.filter(({ id }) => id !== subject);
  const nameOf = (wanted: string) => others.find(({ id }) => id === wanted)?.name ?? "";
  return (
    <Modal label={title} name="tag-dialog" onClose={closeDialog}>
      <h2>{title}</h2>
      <p class="tag-help">{text.mergeHelp(tag.conversations)}</p>
      <Picker
        id="merge-tag"
        label={text.mergeSearch}
        search={text.mergeSearch}
        none={text.mergeNone}
        options={others.map(({ id, name, color, conversations }) => ({
          key: id,
          label: name,
          hint: text.used(conversations),
          mark: <span class={`tag-dot color-${color}`} />,
        }))}
        onPick={(into) =>
          void act(() => merge(subject, into), text.merged(nameOf(into)), text.failed.merge)
        }
      />
      <p class="modal-actions">
        <button type="button" class="button" onClick={closeDialog}>
          {text.cancel}
        </button>
      </p>
    </Modal>
  );
}
