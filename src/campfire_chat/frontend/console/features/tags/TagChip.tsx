import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { TagColor } from "../../../common/types";
import { colorOf, ensure, tagNamed } from "./tags";

interface Props {
  name: string;
  /** Another colour than the tag has, for a preview. */
  color?: TagColor;
  /** Beside the name. */
  children?: ComponentChildren;
}

/** A tag in its colour. */
export function TagChip({ name, color, children }: Props) {
  useEffect(ensure, []);
  return (
    <span
      class={`tag color-${color ?? colorOf(name)}`}
      title={tagNamed(name)?.description || undefined}
    >
      <bdi>{name}</bdi>
      {children}
    </span>
  );
}
