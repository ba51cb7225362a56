import type { Highlight } from "../../../common/types";

interface Props {
  text: string;
  /** Those of this text alone, in order; they count code points. */
  places: readonly Highlight[];
  /** What is shown of a part of it. */
  read?: (part: string) => string;
}

/** A text with what was searched for marked in it. */
export function Highlighted({ text, places, read = (part) => part }: Props) {
  const letters = [...text];
  let at = 0;
  const parts = places.flatMap(({ start, end }) => {
    const before = read(letters.slice(at, start).join(""));
    at = end;
    return [before, <mark key={start}>{read(letters.slice(start, end).join(""))}</mark>];
  });
  return (
    <bdi>
      {parts}
      {read(letters.slice(at).join(""))}
    </bdi>
  );
}
