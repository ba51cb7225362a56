import type { ListedTag } from "../../../common/types";
import { openDialog } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { EDIT, MERGE, REMOVE } from "./names";
import { text } from "./strings";
import { TagChip } from "./TagChip";
import { mayEdit } from "./tags";

/** One tag, and what can be done with it. */
export function TagRow({ tag }: { tag: ListedTag }) {
  const { id, name, description, conversations } = tag;
  return (
    <li class="tag-row" data-tag={id} tabIndex={0}>
      <div class="tag-row-main">
        <h2>
          <TagChip name={name} />
        </h2>
        {description && (
          <p class="tag-row-description" dir="auto">
            {description}
          </p>
        )}
      </div>
      <p class="tag-row-used">{text.used(conversations)}</p>
      {mayEdit() && (
        <p class="tag-row-actions">
          <button type="button" class="button" onClick={() => openDialog(EDIT, id)}>
            <Icon name="edit" size={16} />
            {text.edit}
          </button>
          <button type="button" class="button" onClick={() => openDialog(MERGE, id)}>
            {text.merge}
          </button>
          <button type="button" class="button danger-text" onClick={() => openDialog(REMOVE, id)}>
            {text.remove}
          </button>
        </p>
      )}
    </li>
  );
}
