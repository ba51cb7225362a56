import { useEffect } from "preact/hooks";
import { text } from "./strings";
import { summaryOf, toggleTag } from "./changes";
import { Icon } from "../../ui/Icon";
import { type Option, Picker } from "../../ui/Picker";
import { find, type Findable } from "../tags/find";
import { colorOf, ensure, sameName, mayCreate, tagNamed, tags } from "../tags/tags";

const CREATE = "\u0000create";

/** All tags, those of this conversation first; the menu stays open for more. */
export function TagsMenu({ conversation }: { conversation: string }) {
  useEffect(ensure, []);
  const mine = summaryOf(conversation)?.tags ?? [];
  // A name may be one that its tag has had a moment ago.
  const own = mine.map((name) => ({ name, description: tagNamed(name)?.description ?? "" }));
  const known = new Set(own.map(({ name }) => tagNamed(name)?.id));
  const others = tags.value.filter(({ id }) => !known.has(id));
  const all: readonly Findable[] = [...own, ...others];
  const option = ({ name, description }: Findable): Option => ({
    key: name,
    label: name,
    mark: <span class={`tag-dot color-${colorOf(name)}`} />,
    selected: mine.includes(name),
    ...(description ? { hint: description } : {}),
  });
  return (
    <Picker
      id="tags"
      label={text.tags}
      search={text.findTag}
      multiple
      options={all.map(option)}
      find={(typed) => find(all, typed).map(option)}
      create={(typed) =>
        !mayCreate() || all.some(({ name }) => sameName(name) === sameName(typed))
          ? null
          : { key: CREATE, label: text.createTag(typed), mark: <Icon name="plus" size={15} /> }
      }
      onPick={(key, typed) => toggleTag(conversation, key === CREATE ? typed : key)}
    />
  );
}
