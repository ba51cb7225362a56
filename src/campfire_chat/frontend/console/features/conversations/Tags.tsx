import { text } from "./strings";
import { canManage } from "../../shell/permissions";
import { toggleTag } from "./changes";
import { menuOpenIn, toggleMenu } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { TagChip } from "../tags/TagChip";

/** The tags, each with a button that takes it away, and one to add more. */
export function Tags({ id, tags }: { id: string; tags: readonly string[] }) {
  const write = canManage.value;
  return (
    <div class="tags">
      {tags.map((tag) => (
        <TagChip name={tag} key={tag}>
          {write && (
            <button
              type="button"
              aria-label={text.removeTag(tag)}
              onClick={() => toggleTag(id, tag)}
            >
              <Icon name="close" size={11} />
            </button>
          )}
        </TagChip>
      ))}
      {write && (
        <button
          type="button"
          class="tag add"
          data-menu="tags"
          aria-haspopup="listbox"
          aria-expanded={menuOpenIn("tags", ".details")}
          onClick={(event) => toggleMenu("tags", event.currentTarget)}
        >
          <Icon name="plus" size={12} />
          {text.addTag}
        </button>
      )}
    </div>
  );
}
