/** Who is in front of the page, from the first question to the end. */
import type { ApiError } from "../common/api";
import { createCurtain, type Curtain } from "../common/curtain";
import { drop } from "../common/storage";
import type { OutboxEntry } from "../common/entries";
import { again, changed, host, roomOf, session, show, state, succeeded } from "./chat";
import { closeLine, connection, learnTeam, openLine } from "./line";
import { count, settle } from "./marks";
import { draftKey, enter, followOwn, learnOf, list } from "./rooms";
import { sendEarly, sentElsewhere, stopSending, takeUp } from "./sending";
import { newRoom, newState, type Room } from "./state";

/** Milliseconds between two times that this tab gives way to another one by itself. */
const GIVE_WAY = 10_000;

/** Grows whenever it is asked anew who the visitor is: earlier answers count no longer. */
let turn = 0;
/** Another tab has taken the visitor away: nothing is begun before the person comes back here. */
let asleep = false;
/** When this tab gave way to another one by itself, by the page's clock. */
let gaveWayAt = -Infinity;
/** The person was writing when the panel was covered. */
let wrote = false;
let curtain: Curtain;

const isOpen = ({ info }: Room) => info?.status !== "resolved";

/** Asks the server who the visitor is, and takes up their conversations. */
export async function start(): Promise<void> {
  asleep = false;
  const mark = ++turn;
  changed();
  try {
    const other = await session.begin();
    if (mark !== turn) return;
    if (other) reset();
    // At once: the next notice is newer.
    const answer = session.answer();
    if (answer) learnTeam(answer.availability);
    const { items } = await list();
    if (mark !== turn) return;
    state.me = answer?.visitor.id ?? "";
    if (!connection) {
      openLine(doubt, () => void start());
      followOwn(discover);
      takeUp();
    }
    learnOf(items);
  } catch (error) {
    if (mark !== turn) return;
    const { final, message, status } = error as ApiError;
    if (status === 401) return end();
    if (state.phase === "starting") show({ phase: "failed", refusal: final ? message : "" });
    // By itself, unless the server has refused for good.
    return again(error as ApiError, () => mark === turn && start());
  }
  succeeded();
  if (state.phase !== "ready") {
    const open = state.rooms.find(isOpen);
    sendEarly(open);
    // A first message that never got through comes before everything else.
    const unsent = state.outbox.find((entry) => !entry.conversation_id);
    enter(unsent ? newRoom(unsent.thread) : (open ?? null));
    state.phase = "ready";
  }
  settle();
}

/** An agent, or another tab, may have begun a conversation. */
export async function discover(): Promise<void> {
  const mark = turn;
  if (state.phase === "ended") return;
  // Whatever was asked before may not know of it.
  if (state.phase !== "ready") return start();
  try {
    const { items } = await list();
    if (mark !== turn) return;
    learnOf(items);
  } catch {
    return; // The next look, or the next start, finds the same.
  }
  const { room, draft, outbox, sent, view } = state;
  const isHere = ({ thread }: OutboxEntry) => thread === room.key;
  // Another tab has sent what was written here.
  const moved = sent.find(isHere)?.conversation_id;
  const next = moved
    ? roomOf(moved)
    : // Nothing was begun here: this is where the talk goes on.
      view === "room" && !draft && !outbox.some(isHere) && state.rooms.find(isOpen);
  if (!room.info && next) {
    drop(draftKey());
    enter(next, draft);
  }
  settle();
}

/** The visitor is another one, and finds nothing of the one before. */
function reset(): void {
  closeLine();
  stopSending();
  const { open, focus, covered } = state;
  show({ ...newState(), open, focus, covered });
  // The badge is theirs as well.
  count(0);
}

function end(): void {
  turn++;
  reset();
  show({ phase: "ended" });
  curtain.lift();
}

function cover(covered: boolean): void {
  // What is hidden loses the focus; whoever was writing goes on.
  const root = host.place.getRootNode() as ShadowRoot;
  if (covered && !state.covered) wrote = root.activeElement instanceof HTMLTextAreaElement;
  state.focus ||= !covered && state.covered && wrote;
  state.covered = covered;
  settle();
}

/** The same person as before? */
async function isSame(): Promise<boolean> {
  const mark = turn;
  const other = await session.begin();
  if (other && mark === turn) {
    reset();
    void start();
  }
  return !other;
}

/** Perhaps the visitor is somebody else now: nothing is shown until that is known. */
export async function doubt(): Promise<boolean> {
  cover(true);
  try {
    const same = await isSame();
    curtain.lift();
    return same;
  } catch (error) {
    // What the page says of who this is counts no longer: nothing but another page can.
    if ((error as ApiError).status === 401) end();
    else curtain.later();
    throw error;
  }
}

/** See `CurtainOptions`. */
async function prove(): Promise<void> {
  if (state.phase !== "ready") return wake();
  if (session.bySession()) return connection?.prove(0);
  // Of a stranger there is nothing to prove, only that nobody has logged in since.
  await isSame().catch((error: ApiError) => {
    if (error.status === 401) end();
    else if (session.answer()?.visitor.verified) throw error;
  });
}

export function wake(): void {
  if (asleep) void start();
}

/** Another tab has logged out or logged somebody else in, or has stored or sent a message. */
export function storageChanged(change: StorageEvent): void {
  if (!session.replaced()) {
    if (state.phase === "ready") {
      sentElsewhere(change);
      takeUp();
    }
    return;
  }
  if (asleep) return;
  turn++;
  reset();
  asleep = true;
  // Two tabs that say different things of who is there must not take turns for ever.
  const now = performance.now();
  if (!session.token() || !document.hasFocus() || now - gaveWayAt < GIVE_WAY) return;
  gaveWayAt = now;
  wake();
}

/** A chat begins. */
export function beginVisit(): void {
  curtain = createCurtain({ cover, prove });
}

/** Covers what is shown until it is known that it is still the same person. */
export const check = () => curtain.check();

/** The chat has ended: this visitor is forgotten. */
export function endVisit(): void {
  turn++;
  curtain.stop();
  reset();
  session.forget();
}
