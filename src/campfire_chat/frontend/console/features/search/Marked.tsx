import type { Highlight } from "../../../common/types";

interface Props {
  text: string;
  /** Those of this text alone, in order; they count code points. */
  places: readonly Highlight[];
}

/** A text with what was searched for marked in it. */
export function Marked({ text, places }: Props) {
  const letters = [...text];
  let at = 0;
  const parts = places.flatMap(({ start, end }) => {
    const before = letters.slice(at, start).join("");
    at = end;
    return [before, <mark key={start}>{letters.slice(start, end).join("")}</mark>];
  });
  return (
    <bdi>
      {parts}
      {letters.slice(at).join("")}
    </bdi>
  );
}
