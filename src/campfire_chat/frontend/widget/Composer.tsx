import { isComposing } from "../shared/keyboard";
import { characters, isBlank } from "../shared/text";
import type { Chat } from "./chat";
import { Icon } from "./icons";
import { text } from "./messages";

/** As high as its text, up to the limit in the style sheet; focused when that was asked for. */
function fit(area: HTMLTextAreaElement, { state }: Chat): void {
  area.style.height = "0";
  area.style.height = area.scrollHeight + 2 + "px";
  if (!state.focus) return;
  state.focus = false;
  // On a touch screen the keyboard would cover what the person came to read.
  if (matchMedia("(pointer: fine)").matches) area.focus();
}

/** Where the person typed they go on typing, however the message was sent. */
function submit(event: SubmitEvent, chat: Chat): void {
  event.preventDefault();
  chat.send();
  const form = event.currentTarget as HTMLFormElement;
  const root = form.getRootNode() as ShadowRoot;
  // By the keyboard: the button is about to be disabled, and would lose the focus to the page.
  if (root.activeElement?.matches(".send")) form.querySelector("textarea")?.focus();
}

export function Composer({ chat }: { chat: Chat }) {
  const { draft, bodyLimit, phase } = chat.state;
  const body = draft.trim();
  const length = characters(body);
  const over = length > bodyLimit;
  return (
    <form
      class="composer"
      onSubmit={(event) => submit(event, chat)}
    >
      <textarea
        ref={(area) => void (area && fit(area, chat))}
        rows={1}
        dir="auto"
        placeholder={text.write}
        aria-label={text.write}
        value={draft}
        onInput={(event) => chat.write(event.currentTarget.value)}
        onKeyDown={(event) => {
          // While an input method is composing, Enter chooses a word.
          if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
          event.preventDefault();
          chat.send();
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
