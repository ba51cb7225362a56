import { useEffect } from "preact/hooks";
import { isComposing } from "../../../common/keyboard";
import { Icon } from "../../ui/Icon";
import {
  FIELD,
  followTyping,
  found,
  isFinding,
  isMore,
  mistake,
  phase,
  position,
  step,
  stopFinding,
  typed,
} from "./inThread";
import { text } from "./strings";

/** Finds in the open conversation, also what is not loaded. */
export function FindBar() {
  return isFinding.value ? <Bar /> : null;
}

function Bar() {
  useEffect(followTyping, []);
  const count = found.value.length;
  const told =
    mistake.value ||
    (phase.value === "ready"
      ? count
        ? text.find.position(position.value + 1, count, isMore.value)
        : text.find.nothing
      : "");
  return (
    <div class="find-bar" role="search" aria-label={text.find.title}>
      <label class="picker-search">
        <Icon name="search" size={15} />
        <input
          id={FIELD}
          type="search"
          aria-label={text.find.title}
          aria-describedby="find-told"
          placeholder={text.find.title}
          autocomplete="off"
          spellcheck={false}
          maxLength={900}
          value={typed.value}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
          onKeyDown={(event) => {
            if (isComposing(event)) return;
            if (event.key === "Enter") {
              event.preventDefault();
              void step(event.shiftKey ? -1 : 1);
            } else if (event.key === "Escape") {
              event.preventDefault();
              stopFinding();
            }
          }}
        />
      </label>
      <p id="find-told" class="find-told" role="status">
        {told}
      </p>
      <button
        type="button"
        class="icon-button find-older"
        aria-label={text.find.older}
        title={text.find.older}
        disabled={!count}
        onClick={() => void step(1)}
      >
        <Icon name="down" size={16} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={text.find.newer}
        title={text.find.newer}
        disabled={!count}
        onClick={() => void step(-1)}
      >
        <Icon name="down" size={16} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={text.find.close}
        title={text.find.close}
        onClick={stopFinding}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
