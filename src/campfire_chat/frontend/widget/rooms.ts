/** The conversations: their messages, what happens in them, and which one is on the screen. */
import type { ApiError } from "../common/api";
import { newClientId } from "../common/entries";
import { reduce } from "../common/reducers";
import { drop, load, save } from "../common/storage";
import type { Message, Page, Participant, StreamEvent, VisitorConversation, VisitorSummary } from "../common/types";
import { again, changed, isMine, roomOf, session, show, state, succeeded } from "./chat";
import { connection } from "./line";
import { CONVERSATIONS } from "./features/conversations";
import { MESSAGES } from "./features/messages";
import { begin, hasGap, settle } from "./marks";
import { merge, newRoom, received, type Listed, type Room, type State } from "./state";
import { stopTyping } from "./typing";

const TYPING_SHOWN = 5000;
/** Messages that are loaded first, and each time when somebody scrolls up. */
const FIRST = 30;
const MORE = 100;
/** Times that more are loaded at once to reach the first unread message. */
const BACK = 5;

const ask = ({ key }: Room) =>
  session.api.get<VisitorConversation>("conversations/" + key);

export const list = () =>
  session.api.get<Page<VisitorConversation>>("conversations", { limit: 20 });

/** Follows the conversations that are new to this tab. */
export function learnOf(found: VisitorConversation[]): void {
  for (const info of found) {
    if (!roomOf(info.id)) follow(newRoom(info.id, info), info.head);
  }
}

/**
 * Follows what is begun elsewhere: by an agent, or in another tab.
 *
 * @param discover Looks for it.
 */
export function followOwn(discover: () => void): void {
  let looked = false;
  connection?.subscribe(
    "visitor:" + state.me,
    {},
    {
      // Those that are listed have their own streams.
      onEvent: ({ data }) => roomOf((data as VisitorSummary).id) ?? discover(),
      // What was begun after the list was asked for and before the stream began.
      onHead(head) {
        if (head && !looked) discover();
        looked = true;
      },
      onReset: discover,
    },
  );
}

/** Listed from now on, with every event after that one. */
export function follow(room: Listed, after: number): void {
  state.rooms.push(room);
  connection?.subscribe(
    "conversation:" + room.key,
    { after },
    {
      onEvent: (event) => apply(room, event),
      onHead: () => void catchUp(room),
      onReset: () => {
        Object.assign(room, newRoom(room.key, room.info));
        void fill(room);
      },
    },
  );
}

/**
 * Shows a conversation; null: a new one.
 *
 * @param view Whether it comes on the screen, or stays behind the list.
 * @param typed Is in the box, and goes on with it: what is typed while the panel is still starting.
 */
export function enter(
  room: Room | null,
  typed = state.phase === "ready" ? "" : state.draft,
  view: State["view"] = "room",
): void {
  stopTyping();
  show({ room: room ?? newRoom(newClientId()), view, atEnd: true });
  if (room?.phase === "ready") begin(room);
  write([load<string>(draftKey()), typed].filter(Boolean).join("\n"));
  state.focus = state.open;
  if (room?.info) void (room.phase === "ready" ? catchUp : fill)(room);
  settle();
}

/** Loads the messages before those that are there, or the newest ones. */
async function page(room: Room, limit: number): Promise<void> {
  const { key, cursor } = room;
  const { items, next_cursor } = await session.api.get<Page<Message>>(
    `conversations/${key}/messages`,
    { limit, cursor },
  );
  room.cursor = next_cursor;
  merge(room, [...items, ...room.messages]);
}

async function fill(room: Room): Promise<void> {
  room.phase = "loading";
  room.cursor = null;
  changed();
  try {
    const [info] = await Promise.all([ask(room), page(room, FIRST)]);
    info.head = Math.max(info.head, room.info?.head ?? 0);
    room.info = info;
    learn(room, info);
    // Back to the first unread message, which is where the thread opens.
    for (let turn = 0; turn < BACK && hasGap(room); turn++) await page(room, MORE);
    room.phase = "ready";
    room.from = room.messages[0]?.seq ?? 0;
    room.fromCursor = room.cursor;
    succeeded();
    begin(room);
  } catch (error) {
    room.phase = "failed";
    again(error as ApiError, () => {
      if (room === state.room && room.phase === "failed") void fill(room);
    });
  }
  settle();
}

/** Loads what came before. */
export function older(): void {
  const { room } = state;
  if (!room.cursor || room.older) return;
  room.older = true;
  // A failure says nothing: whoever scrolls on asks again.
  page(room, MORE)
    .catch(() => undefined)
    .then(() => {
      room.older = false;
      changed();
    });
}

/**
 * Receipts and presence are not replayed: they are asked for when the stream begins, and when
 * the room comes on the screen.
 */
export async function catchUp(room: Room): Promise<void> {
  if (room !== state.room || !room.info || !state.open) return;
  try {
    learn(room, await ask(room));
  } catch {
    return; // The messages go on, and the next receipt says the same and more.
  }
  changed();
}

function learn(room: Room, found: VisitorConversation): void {
  room.mark ??= 0;
  for (const receipt of found.receipts) {
    if (!isMine(receipt.participant)) received(room, receipt);
    else room.mark = Math.max(room.mark, receipt.read);
  }
  // Whoever it is: with the next assignee it is asked for again.
  if (room.info) room.info.assignee_availability = found.assignee_availability;
}

/** What each type of events does to a conversation. */
export const REDUCERS = { ...MESSAGES, ...CONVERSATIONS };

function apply(room: Listed, event: StreamEvent): void {
  room.info.head = event.seq;
  reduce(REDUCERS, room, event);
  settle();
}

export function showTyping(room: Room, participant: Participant | null): void {
  room.typing = participant;
  clearTimeout(room.typingTimer);
  if (participant) {
    room.typingTimer = setTimeout(() => showTyping(room, null), TYPING_SHOWN);
  }
  changed();
}

// What is in the box and has not been sent.

export const draftKey = () =>
  `campfire:draft:${session.principal()}:${state.room.info?.id}`;

export function write(draft: string): void {
  show({ draft });
  if (state.me) draft ? save(draftKey(), draft) : drop(draftKey());
}
