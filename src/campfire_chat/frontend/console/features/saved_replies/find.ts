import type { SavedReplyRecord } from "../../../common/types";
import { plain } from "../../ui/format";

const wordsOf = (text: string): string[] => plain(text).match(/[\p{L}\p{N}_]+/gu) ?? [];

/**
 * Those in which a word begins with each word that was typed, as the server finds them. First those
 * whose shortcut begins with it, then those whose title has it.
 */
export function find(
  records: readonly SavedReplyRecord[],
  typed: string,
): readonly SavedReplyRecord[] {
  const wanted = wordsOf(typed);
  if (!wanted.length) return records;
  const begin = plain(typed.trim().replace(/^\//, ""));
  const has = (text: string) => {
    const words = wordsOf(text);
    return wanted.every((start) => words.some((word) => word.startsWith(start)));
  };
  const rank = ({ shortcut, title, body }: SavedReplyRecord): number => {
    if (plain(shortcut) === begin) return 0;
    if (plain(shortcut).startsWith(begin)) return 1;
    if (has(title)) return 2;
    return has(`${shortcut} ${title} ${body}`) ? 3 : 4;
  };
  return records
    .map((record) => ({ record, at: rank(record) }))
    .filter(({ at }) => at < 4)
    .sort((a, b) => a.at - b.at)
    .map(({ record }) => record);
}
