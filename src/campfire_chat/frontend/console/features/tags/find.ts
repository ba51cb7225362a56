import type { ListedTag } from "../../../common/types";
import { plain } from "../../ui/format";

/** What is found by a name and by a description. */
export type Findable = Pick<ListedTag, "name" | "description">;

/**
 * Tags that have what was typed in their name or their description: first those whose name begins
 * with it, then those with a word that does, then the others. Equal ones keep their order.
 */
export function find<T extends Findable>(tags: readonly T[], typed: string): readonly T[] {
  const wanted = plain(typed.trim());
  if (!wanted) return tags;
  const rank = ({ name, description }: T): number => {
    const said = plain(name);
    if (said.startsWith(wanted)) return 0;
    if (said.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted))) return 1;
    if (said.includes(wanted)) return 2;
    return plain(description).includes(wanted) ? 3 : 4;
  };
  return tags
    .map((tag) => ({ tag, at: rank(tag) }))
    .filter(({ at }) => at < 4)
    .sort((a, b) => a.at - b.at)
    .map(({ tag }) => tag);
}
