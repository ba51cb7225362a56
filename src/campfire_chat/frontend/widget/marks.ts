/** What has arrived and what has been read, here and as the server knows it. */
import { createChunk } from "../common/chunk";
import { isAttentive, unreadAfter } from "../common/reading";
import type { Message } from "../common/types";
import { changed, host, isMine, state } from "./chat";
import { connection } from "./line";
import type { Room } from "./state";

const code = createChunk(() => import("../common/sight"));
let sight: ReturnType<typeof import("../common/sight").createSight> | null = null;
/** How many messages are unread, as the page was told. */
let total = 0;
let timer = 0;

/** Messages of the room that this person has not read. */
export const unreadIn = ({ messages, mark }: Room): Message[] =>
  unreadAfter(messages, mark ?? 0, ({ sender }) => isMine(sender));

/** Whether somebody can be reading the room now. */
export const isShown = (room: Room): boolean =>
  room === state.room &&
  room.phase === "ready" &&
  state.open &&
  state.view === "room" &&
  !state.covered &&
  isAttentive();

/** Whether unread messages may be missing above what is loaded. */
export const hasGap = ({ messages: [first], cursor, mark }: Room): boolean =>
  !!cursor && !!first && first.seq > (mark ?? 0) + 1;

/** The room comes on the screen, at its end or at the first unread message. */
export function begin(room: Room): void {
  // Somebody has scrolled up far before: thousands of messages would take seconds to show.
  if (room.phase === "ready" && !room.older) {
    room.messages = room.messages.filter(({ seq }) => seq >= room.from);
    room.cursor = room.fromCursor;
  }
  room.newFrom = unreadIn(room)[0]?.id ?? null;
  state.atEnd = state.opening = true;
}

/** This person has read up to there. */
export function markTo(room: Room, seq: number): void {
  const { info, messages } = room;
  const newest = messages.at(-1)?.seq ?? 0;
  room.mark = Math.max(room.mark ?? 0, seq);
  if (!info) return;
  const left = unreadIn(room).length;
  // Everything is read: up to the head, which costs the server no counting.
  if (!left && newest >= (info.last_message?.seq ?? 0)) room.mark = Math.max(room.mark, info.head);
  if (room.mark >= info.head) info.unread = 0;
  else if (room.phase === "ready" && !hasGap(room)) info.unread = left;
}

/** Marks the unbroken run of messages that is in sight. */
export function look(): void {
  const { room } = state;
  const box = host.place.querySelector(".log");
  if (!box || !isShown(room) || room.mark === null || hasGap(room)) return;
  const left = unreadIn(room);
  if (code.ready) sight ??= code.ready.createSight(isAttentive, look);
  else if (left.length) void code.load().then(look);
  const last = sight?.(box, left);
  if (!last) return;
  markTo(room, last.seq);
  settle();
}

/** To the end, where everything is read. */
export function jump(): void {
  markTo(state.room, state.room.info?.head ?? 0);
  // The line has served.
  state.room.newFrom = null;
  state.atEnd = true;
  settle();
}

/** After a change: sorts, counts, and tells the server what has arrived and been read. */
export function settle(): void {
  state.rooms.sort((a, b) => (a.info.last_activity_at < b.info.last_activity_at ? 1 : -1));
  clearTimeout(timer);
  // A moment later: several things tend to happen at once.
  timer = setTimeout(() => {
    let sum = 0;
    for (const room of state.rooms) {
      sum += room.info.unread;
      tell(room, room.info.head);
    }
    count(sum);
    changed();
  }, 100);
  changed();
}

function tell(room: Room, delivered: number): void {
  const { mark } = room;
  const told = `${delivered} ${mark}`;
  if (room.told === told || state.connection !== "online") return;
  room.told = told;
  connection
    ?.request({ type: "receipt", conversation_id: room.key, delivered, read: mark })
    .catch(() => (room.told = ""));
}

/** Tells the page how many messages are unread. */
export function count(sum: number): void {
  if (sum !== total) host.emit("unread", (total = sum));
}
