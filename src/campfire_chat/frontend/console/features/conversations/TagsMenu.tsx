import { text } from "./strings";
import { summaryOf, toggleTag } from "./changes";
import { knownTags } from "./inbox";
import { Icon } from "../../ui/Icon";
import { Picker } from "../../ui/Picker";

const CREATE = "\u0000create";

/** Tags that are in use, those of this conversation first; the menu stays open for more. */
export function TagsMenu({ conversation }: { conversation: string }) {
  const mine = summaryOf(conversation)?.tags ?? [];
  const names = [...new Set([...mine, ...knownTags.value])];
  return (
    <Picker
      id="tags"
      label={text.tags}
      search={text.findTag}
      multiple
      options={names.map((name) => ({ key: name, label: name, selected: mine.includes(name) }))}
      create={(typed) =>
        names.includes(typed)
          ? null
          : { key: CREATE, label: text.createTag(typed), mark: <Icon name="plus" size={15} /> }
      }
      onPick={(key, typed) => toggleTag(conversation, key === CREATE ? typed : key)}
    />
  );
}
