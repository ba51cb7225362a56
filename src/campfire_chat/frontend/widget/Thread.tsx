import { Component } from "preact";
import type { Message } from "../shared/types";
import { Bubble, Waiting } from "./Bubble";
import type { Chat } from "./chat";
import { day } from "./format";
import { Icon, type IconName } from "./icons";
import { text } from "./messages";
import { waiting, type Room } from "./state";

interface Props {
  chat: Chat;
  room: Room;
}

/** Messages of one person within this time stand together. */
const GROUP = 5 * 60_000;
/** Pixels from an edge that still count as being there. */
const NEAR = 60;

const together = (a: Message | undefined, b: Message | undefined) =>
  a !== undefined &&
  b !== undefined &&
  a.sender.id === b.sender.id &&
  Date.parse(b.at) - Date.parse(a.at) < GROUP &&
  day(a.at) === day(b.at);

export class Thread extends Component<Props> {
  box: HTMLElement | null = null;
  /** Whether it stays at the end when something is added, and how far from it otherwise. */
  end = true;
  oldest = "";
  distance = 0;

  override componentDidMount() {
    this.settle();
  }

  override componentDidUpdate() {
    this.settle();
  }

  /** Keeps what the person looks at in its place while messages come above and below. */
  settle() {
    const { box } = this;
    if (!box) return;
    const oldest = this.props.room.messages[0]?.id ?? "";
    if (this.end) box.scrollTop = box.scrollHeight;
    else if (oldest !== this.oldest) box.scrollTop = box.scrollHeight - this.distance;
    this.oldest = oldest;
    this.distance = box.scrollHeight - box.scrollTop;
  }

  scrolled = () => {
    const { box } = this;
    const { chat } = this.props;
    // A hidden box has no height: that is not a scroll to the end.
    if (!box?.clientHeight) return;
    this.distance = box.scrollHeight - box.scrollTop;
    this.end = this.distance - box.clientHeight < NEAR;
    chat.atEnd(this.end);
    if (box.scrollTop < NEAR) chat.older();
  };

  jump = () => {
    this.end = true;
    this.settle();
  };

  override render({ chat, room }: Props) {
    const { state } = chat;
    const { messages, info, typing, phase } = room;
    const queue = waiting(room, state.outbox);
    // The last own message shows how far it got; those before it got at least as far.
    const tick = ({ seq }: Message): IconName =>
      seq <= room.read ? "read" : seq <= room.delivered ? "delivered" : "sent";
    const empty = phase === "new" && !queue.length;
    return (
      <div class="thread">
        <div
          class="log"
          role="log"
          aria-label={text.thread}
          tabIndex={0}
          ref={(box) => {
            this.box = box;
          }}
          onScroll={this.scrolled}
        >
          {empty && (
            <div class="greeting">
              <h3>{text.greeting}</h3>
              <p>{state.availability === "offline" ? text.away : text.welcome}</p>
            </div>
          )}
          {phase === "loading" && !messages.length && <p class="aside">{text.loading}…</p>}
          {phase === "failed" && (
            <p class="aside">
              {text.unreachable}{" "}
              <button class="link" onClick={() => chat.enter(room)}>
                {text.retry}
              </button>
            </p>
          )}
          {messages.map((message, index) => {
            const before = messages[index - 1];
            const mine = message.sender.id === state.me;
            return [
              (!before || day(before.at) !== day(message.at)) && (
                <p class="aside" key={"d" + message.id}>
                  {day(message.at)}
                </p>
              ),
              <Bubble
                key={message.id}
                mine={mine}
                message={message}
                first={!together(before, message)}
                last={!together(message, messages[index + 1])}
                tick={mine ? tick(message) : null}
              />,
            ];
          })}
          {queue.map((entry) => (
            <Waiting key={entry.client_id} chat={chat} entry={entry} />
          ))}
          {info?.status === "resolved" && <p class="aside">{text.resolved}</p>}
          {typing && (
            <p class="typing" aria-label={text.typing(typing.name)} role="img">
              <i />
              <i />
              <i />
            </p>
          )}
        </div>
        {state.below && (
          <button class="jump" onClick={this.jump}>
            {text.jump} <Icon name="down" />
          </button>
        )}
      </div>
    );
  }
}
