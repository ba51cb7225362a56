import { letterOf } from "../../shell/keys";

/** Marks by the keyboard: Ctrl+B for bold, Ctrl+I for italic. */
const MARKS: Readonly<Record<string, string>> = { B: "**", I: "*" };

/**
 * Puts marks around what is selected in a field, or takes them away if they are there.
 *
 * @param event A key that was pressed in the field.
 * @returns Whether it was the key of a mark. The field has its new text then.
 */
export function markByKey(event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }): boolean {
  const mark = MARKS[letterOf(event) ?? ""];
  if (!mark || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return false;
  event.preventDefault();
  const field = event.currentTarget;
  let { selectionStart: from, selectionEnd: to } = field;
  // Marks stand beside words: spaces that were selected too stay outside.
  const selected = field.value.slice(from, to);
  const words = selected.trim();
  if (words) {
    from += selected.indexOf(words);
    to = from + words.length;
  }
  const inner = field.value.slice(from, to);
  const isMarked =
    run(field.value.slice(0, from), mark, "end") && run(field.value.slice(to), mark, "start");
  const wide = mark.length;
  if (isMarked) {
    field.setRangeText(inner, from - wide, to + wide);
    field.setSelectionRange(from - wide, to - wide);
  } else {
    field.setRangeText(mark + inner + mark, from, to);
    field.setSelectionRange(from + wide, to + wide);
  }
  return true;
}

/** Whether the run of stars at that side is this mark, alone or with the other one. */
function run(text: string, mark: string, side: "start" | "end"): boolean {
  const stars = /^\**/.exec(side === "start" ? text : [...text].reverse().join(""))?.[0].length ?? 0;
  return stars === mark.length || stars === 3;
}
