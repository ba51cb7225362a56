import { isComposing } from "../common/keyboard";
import { characters, isBlank } from "../common/text";
import { state } from "./chat";
import { Icon } from "./icons";
import { text } from "./strings";
import { send, type } from "./sending";

/** As high as its text, up to the limit in the style sheet; focused when that was asked for. */
function fit(area: HTMLTextAreaElement): void {
  area.style.height = "0";
  area.style.height = area.scrollHeight + 2 + "px";
  if (!state.focus) return;
  state.focus = false;
  // On a touch screen the keyboard would cover what the person came to read.
  if (matchMedia("(pointer: fine)").matches) area.focus();
}

/** Where the person typed they go on typing, however the message was sent. */
function submit(event: SubmitEvent): void {
  event.preventDefault();
  send();
  const form = event.currentTarget as HTMLFormElement;
  const root = form.getRootNode() as ShadowRoot;
  // By the keyboard: the button is about to be disabled, and would lose the focus to the page.
  if (root.activeElement?.matches(".send")) form.querySelector("textarea")?.focus();
}

export function Composer() {
  const { draft, bodyLimit, phase } = state;
  const body = draft.trim();
  const length = characters(body);
  const over = length > bodyLimit;
  return (
    <form
      class="composer"
      onSubmit={(event) => submit(event)}
    >
      <textarea
        ref={(area) => void (area && fit(area))}
        rows={1}
        dir="auto"
        placeholder={text.write}
        aria-label={text.write}
        value={draft}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          // While an input method is composing, Enter chooses a word.
          if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
          event.preventDefault();
          send();
        }}
      />
      <button
        class="send"
        aria-label={text.send}
        disabled={isBlank(body) || over || phase === "ended"}
        // A click or a tap leaves the focus, and a phone's keyboard, where they are.
        onMouseDown={(event) => event.preventDefault()}
      >
        <Icon name="send" />
      </button>
      {over && (
        <p class="meta" role="alert">
          {text.tooLong(length, bodyLimit)}
        </p>
      )}
    </form>
  );
}
