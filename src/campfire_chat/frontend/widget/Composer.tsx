import { Component } from "preact";
import type { Chat } from "./chat";
import { Icon } from "./icons";
import { text } from "./messages";

interface Props {
  chat: Chat;
  open: boolean;
}

export class Composer extends Component<Props> {
  area: HTMLTextAreaElement | null = null;

  override componentDidMount() {
    this.fit();
    this.focus();
  }

  override componentDidUpdate({ open }: Props) {
    this.fit();
    if (this.props.open && !open) this.focus();
  }

  focus() {
    // On a touch screen the keyboard would cover what the person came to read.
    if (this.props.open && matchMedia("(pointer: fine)").matches) this.area?.focus();
  }

  /** As high as its text, up to the limit in the style sheet. */
  fit() {
    const { area } = this;
    if (!area) return;
    area.style.height = "0";
    area.style.height = area.scrollHeight + "px";
  }

  override render({ chat }: Props) {
    const { draft, bodyLimit, phase } = chat.state;
    const length = [...draft.trim()].length;
    const over = bodyLimit !== null && length > bodyLimit;
    return (
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          chat.send();
        }}
      >
        <textarea
          ref={(area) => {
            this.area = area;
          }}
          rows={1}
          dir="auto"
          placeholder={text.write}
          aria-label={text.write}
          value={draft}
          onInput={(event) => chat.write(event.currentTarget.value)}
          onKeyDown={(event) => {
            // While an input method is composing, Enter chooses a word.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            chat.send();
          }}
        />
        {over && <span role="alert">{text.tooLong(length, bodyLimit)}</span>}
        <button
          class="send"
          aria-label={text.send}
          disabled={!length || over || phase !== "ready"}
        >
          <Icon name="send" />
        </button>
      </form>
    );
  }
}
