import { kept } from "../common/storage";
import { Waiting } from "./Bubble";
import { state } from "./chat";
import { text } from "./strings";
import { jump, look, settle, unreadIn } from "./marks";
import { enter, older } from "./rooms";
import { Rows } from "./Rows";
import { waiting, type Room } from "./state";

/** Pixels from an edge that still count as being there. */
const NEAR = 60;
/** Pixels that stay free above the first unread message. */
const ABOVE = 12;

interface Place {
  room: Room;
  /** The first message at the last rendering. */
  oldest: string | undefined;
  /** The distances to the top and to the end. */
  top: number;
  left: number;
  /** The box was not on the screen: it may have forgotten how far it was scrolled. */
  away: boolean;
}

/** By scrolled element. */
const places = new WeakMap<Element, Place>();

/** To the end, but never past a message that was not read. */
function follow(box: HTMLElement): void {
  const first = unreadIn(state.room)[0]?.id;
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
function hold(box: HTMLElement): void {
  const { room } = state;
  const oldest = room.messages[0]?.id;
  const before = places.get(box);
  // The keyboard of a phone and the notice above take from its height.
  if (!before) new ResizeObserver(() => resized(box)).observe(box);
  // A hidden box has no height, and nothing in it can be placed.
  if (!box.clientHeight) {
    if (!before) note(box, room, oldest);
    return void (places.get(box)!.away = true);
  }
  const back = before?.away || state.moved;
  state.moved = false;
  const same = before?.room === room && !back;
  // Scrolled up a moment ago; the event has yet to tell.
  if (state.atEnd && same && !state.opening && box.scrollTop < before.top - 1) scrolled(box);
  if (state.atEnd) follow(box);
  else if (before?.room === room) {
    if (before.oldest !== oldest) box.scrollTop = box.scrollHeight - before.left;
    else if (back) box.scrollTop = before.top;
  }
  note(box, room, oldest);
  look();
}

/** Also when it comes on the screen, and leaves it. */
function resized(box: HTMLElement): void {
  hold(box);
  settle();
}

function note(box: HTMLElement, room: Room, oldest: string | undefined): void {
  const { scrollTop: top, scrollHeight } = box;
  places.set(box, { room, oldest, top, left: scrollHeight - top, away: false });
}

function scrolled(box: HTMLElement): void {
  const { clientHeight, scrollTop } = box;
  // A hidden box has no height: that is not a scroll to the end.
  if (!clientHeight) return;
  const place = places.get(box);
  if (place?.away) return;
  if (place) note(box, place.room, place.oldest);
  const atEnd = isAtEnd(box);
  if (atEnd !== state.atEnd) {
    state.atEnd = atEnd;
    settle();
  }
  look();
  if (scrollTop < NEAR) older();
}

export function Thread() {
  const { room } = state;
  const { messages, info, typing, phase } = room;
  const queue = waiting(room, state);
  const missed = unreadIn(room).length;
  return (
    <div class="thread">
      <div
        class="log"
        role="log"
        aria-label={text.thread}
        tabIndex={0}
        ref={(box) => void (box && hold(box))}
        onScroll={(event) => scrolled(event.currentTarget)}
      >
        {phase === "new" && state.phase !== "starting" && !queue.length && (
          <div class="greeting">
            <h3>{text.greeting}</h3>
            <p>
              {state.availability === "offline" ? text.away : text.welcome}{" "}
              {kept() ? text.lasting : text.fleeting}
            </p>
          </div>
        )}
        {phase === "loading" && !messages.length && <p class="aside">{text.loading}</p>}
        {phase === "failed" && (
          <p class="aside">
            {text.unreachable}
            <button class="link" onClick={() => enter(room)}>
              {text.retry}
            </button>
          </p>
        )}
        <Rows />
        {queue.map((entry, index) => (
          <Waiting
            key={entry.client_id}
           
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
        <button class="jump" onClick={jump}>
          {text.jump(missed)}
        </button>
      )}
    </div>
  );
}
