import type { Signal } from "@preact/signals";
import { focusHome } from "./focus";
import { Icon } from "./Icon";

interface Props {
  id: string;
  label: string;
  /** What is typed. */
  typed: Signal<string>;
  /** The arrow to the list below. */
  onDown: (event: KeyboardEvent) => void;
}

/** Finds in the list below it. Escape empties it, and then goes back to the list. */
export function SearchField({ id, label, typed, onDown }: Props) {
  return (
    <label class="picker-search">
      <Icon name="search" size={15} />
      <input
        id={id}
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed.value}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") {
            event.preventDefault();
            onDown(event);
          } else if (event.key === "Escape") {
            event.preventDefault();
            if (typed.value) typed.value = "";
            else focusHome();
          }
        }}
      />
    </label>
  );
}
