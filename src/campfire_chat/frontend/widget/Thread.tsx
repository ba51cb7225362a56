import type { Message } from "../shared/types";
import { Bubble, Waiting } from "./Bubble";
import type { Chat } from "./chat";
import { day, sameDay } from "./format";
import { text } from "./messages";
import { waiting, type Room } from "./state";

/** Messages of one person within this time stand together. */
const GROUP = 5 * 60_000;
/** Pixels from an edge that still count as being there. */
const NEAR = 60;
/** Pixels that stay free above the first unread message. */
const ABOVE = 12;

function together(a: Message | undefined, b: Message | undefined): boolean {
  return (
    !!a &&
    !!b &&
    a.sender.id === b.sender.id &&
    Date.parse(b.at) - Date.parse(a.at) < GROUP &&
    sameDay(a.at, b.at)
  );
}

/** The first message and the distance to the end at the last rendering, by scrolled element. */
const places = new WeakMap<Element, { room: Room; oldest: string | undefined; left: number }>();

/** To the end, but never past a message that was not read. */
function follow(box: HTMLElement, { state, unread }: Chat): void {
  const first = unread()[0]?.id;
  const line = first && state.room.newFrom === first && box.querySelector(".fresh");
  const mark = line || (first && box.querySelector(`[data-message="${CSS.escape(first)}"]`));
  const top = mark
    ? mark.getBoundingClientRect().top - box.getBoundingClientRect().top
    : box.scrollHeight;
  // What was jumped over stays where it is.
  box.scrollTop += top < 0 && !state.opening ? box.scrollHeight : top - ABOVE;
  state.opening = false;
  state.atEnd = isAtEnd(box);
}

const isAtEnd = ({ clientHeight, scrollHeight, scrollTop }: HTMLElement) =>
  scrollHeight - scrollTop - clientHeight < NEAR;

/** Keeps what the person looks at in its place while messages come above and below. */
function hold(box: HTMLElement, chat: Chat): void {
  const { state } = chat;
  const { room } = state;
  const oldest = room.messages[0]?.id;
  const before = places.get(box);
  // The keyboard of a phone and the notice above take from its height.
  if (!before) new ResizeObserver(() => hold(box, chat)).observe(box);
  // A hidden box has no height, and nothing in it can be placed.
  if (!box.clientHeight) return void places.set(box, before ?? { room, oldest, left: 0 });
  if (state.atEnd) follow(box, chat);
  else if (before?.room === room && before.oldest !== oldest) {
    box.scrollTop = box.scrollHeight - before.left;
  }
  places.set(box, { room, oldest, left: box.scrollHeight - box.scrollTop });
  chat.look();
}

function scrolled(box: HTMLElement, chat: Chat): void {
  const { state } = chat;
  const { clientHeight, scrollHeight, scrollTop } = box;
  // A hidden box has no height: that is not a scroll to the end.
  if (!clientHeight) return;
  const place = places.get(box);
  if (place) place.left = scrollHeight - scrollTop;
  const atEnd = isAtEnd(box);
  if (atEnd !== state.atEnd) chat.show({ atEnd });
  chat.look();
  if (scrollTop < NEAR) chat.older();
}

export function Thread({ chat }: { chat: Chat }) {
  const { state } = chat;
  const { room } = state;
  const { messages, info, typing, phase } = room;
  const queue = waiting(room, state);
  const missed = chat.unread().length;
  return (
    <div class="thread">
      <div
        class="log"
        role="log"
        aria-label={text.thread}
        tabIndex={0}
        ref={(box) => void (box && hold(box, chat))}
        onScroll={(event) => scrolled(event.currentTarget, chat)}
      >
        {phase === "new" && state.phase !== "starting" && !queue.length && (
          <div class="greeting">
            <h3>{text.greeting}</h3>
            <p>{state.availability === "offline" ? text.away : text.welcome}</p>
          </div>
        )}
        {phase === "loading" && !messages.length && <p class="aside">{text.loading}</p>}
        {phase === "failed" && (
          <p class="aside">
            {text.unreachable}
            <button class="link" onClick={() => chat.enter(room)}>
              {text.retry}
            </button>
          </p>
        )}
        {messages.map((message, index) => {
          const { id, at, seq, sender } = message;
          const before = messages[index - 1];
          return [
            (!before || !sameDay(before.at, at)) && (
              <p class="aside" key={"d" + id}>
                {day(at)}
              </p>
            ),
            id === room.newFrom && (
              <p class="aside fresh" key="new">
                {text.newLine}
              </p>
            ),
            <Bubble
              key={id}
              mine={sender.id === state.me}
              message={message}
              first={!together(before, message)}
              last={!together(message, messages[index + 1])}
              tick={seq <= room.read ? "read" : seq <= room.delivered ? "delivered" : "sent"}
            />,
          ];
        })}
        {queue.map((entry, index) => (
          <Waiting
            key={entry.client_id}
            chat={chat}
            entry={entry}
            first={!index && messages.at(-1)?.sender.id !== state.me}
            last={queue[index + 1]?.state !== entry.state}
          />
        ))}
        {info?.status === "resolved" && <p class="aside">{text.resolved}</p>}
        {typing && (
          <p class="typing" role="img" aria-label={text.typing(typing.name)}>
            <i />
            <i />
            <i />
          </p>
        )}
      </div>
      {(!state.atEnd || missed > 0) && phase === "ready" && (
        <button class="jump" onClick={chat.jump}>
          {text.jump(missed)}
        </button>
      )}
    </div>
  );
}
