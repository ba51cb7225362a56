import { createElement, type ComponentChildren } from "preact";
import { marked, type Part } from "../../common/markup";

interface Props {
  body: string;
  /** What is shown of a text that has no marks. */
  leaf?: (text: string) => ComponentChildren;
}

/** A text with its marks and links; never markup of the page. */
export function Marked({ body, leaf = (text) => text }: Props) {
  const shown = (part: Part): ComponentChildren =>
    typeof part === "string"
      ? leaf(part)
      : createElement(part.tag, { ...part.props, children: part.props.children.map(shown) });
  return <>{marked(body).map(shown)}</>;
}
