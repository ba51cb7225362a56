import type { JSX } from "#dom/jsx-runtime";
import type { Message } from "../common/types";
import { Bubble } from "./Bubble";
import { state } from "./chat";
import { day } from "./format";
import { markup } from "./Marked";
import { text } from "./strings";

/** Messages of one person within this time stand together. */
const GROUP = 5 * 60_000;

interface Moment {
  time: number;
  /** The day by this machine's calendar. */
  date: string;
}

type Row = (JSX.Element | false)[];

/** Dates are slow, and a message keeps its own. */
const moments = new WeakMap<Message, Moment>();
/** What was made of a message, and from what: a thread of thousands is not made anew for a key. */
const rows = new WeakMap<Message, { from: string; row: Row }>();
/** The same for whole threads. */
const threads = new WeakMap<Message[], { from: string; all: JSX.Element }>();

function momentOf(message: Message): Moment {
  let moment = moments.get(message);
  if (!moment) {
    const at = new Date(message.at);
    moments.set(message, (moment = { time: +at, date: at.toDateString() }));
  }
  return moment;
}

function together(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b || a.sender.id !== b.sender.id) return false;
  const [one, other] = [momentOf(a), momentOf(b)];
  return other.time - one.time < GROUP && one.date === other.date;
}

/** The room's messages, with lines where a day begins and where the new ones begin; the same object while it looks the same. */
export function Rows(): JSX.Element {
  const { room, me } = state;
  const { messages, read, delivered, newFrom } = room;
  const marked = !!markup.ready;
  const today = new Date().toDateString();
  const from = [read, delivered, me, today, newFrom, marked].join();
  const known = threads.get(messages);
  if (known?.from === from) return known.all;
  const made = messages.map((message, index) => {
    const { id, at, seq, sender } = message;
    const before = messages[index - 1];
    const { date } = momentOf(message);
    const begins = !before || momentOf(before).date !== date;
    const mine = sender.id === me;
    const first = !together(before, message);
    const last = !together(message, messages[index + 1]);
    const tick = seq <= read ? "read" : seq <= delivered ? "delivered" : "sent";
    const known = rows.get(message);
    const fresh = id === newFrom;
    const from = [begins && today, fresh, mine, first, last, mine && tick, marked].join();
    if (known?.from === from) return known.row;
    const row = [
      begins && (
        <p class="aside" key={"d" + id}>
          {day(at)}
        </p>
      ),
      fresh && (
        <p class="aside fresh" key="new">
          {text.newLine}
        </p>
      ),
      <Bubble
        key={id}
        mine={mine}
        message={message}
        first={first}
        last={last}
        tick={tick}
      />,
    ];
    rows.set(message, { from, row });
    return row;
  });
  const all = <div>{made}</div>;
  threads.set(messages, { from, all });
  return all;
}
