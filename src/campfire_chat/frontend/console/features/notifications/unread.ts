/** What this agent has not dealt with. */
import { computed, effect, signal } from "@preact/signals";
import type { Notification, NotificationCreated, Page } from "../../../common/types";
import { may } from "../../shell/permissions";
import { createRecovery, mayRecover } from "../../shell/recovery";
import { api } from "../../shell/session";
import { openId } from "../conversations/route";
import { alert } from "./alerts";
import { text } from "./strings";

export const PERMISSION = "notifications.read";
/** Notifications that are known at once; more are only told to be more. */
const MOST = 99;
/** Milliseconds in which several events are one question. */
const PAUSE = 100;

/** The newest first. */
export const unread = signal<readonly Notification[]>([]);
const hasMore = signal(false);

/** For the rail; null when there is nothing. */
export const unreadShown = computed(() =>
  hasMore.value ? text.many : unread.value.length ? String(unread.value.length) : null,
);

/** Whether somebody looks at this tab. */
const attended = signal(false);
const look = (): void =>
  void (attended.value = document.visibilityState === "visible" && document.hasFocus());

/** Grows with each question and each change: an older answer comes to nothing. */
let turn = 0;
let timer = 0;
/** New ones of which nobody was told yet. */
const fresh = new Set<string>();
/** Those that the server was told of: one that it keeps unread is not told again and again. */
const dealtWith = new Set<string>();
const stateOf = ({ id, at }: Notification): string => `${id} ${at}`;
const recovery = createRecovery();

async function ask(): Promise<void> {
  const mine = ++turn;
  try {
    const page = await api.get<Page<Notification>>("notifications", { unread: "true", limit: MOST });
    if (mine !== turn) return;
    recovery.done();
    hasMore.value = page.next_cursor !== null;
    unread.value = page.items;
    for (const one of page.items) {
      // What is open before somebody's eyes needs no alert.
      if (fresh.has(one.id) && !isLookedAt(one.conversation_id)) alert(one);
    }
    fresh.clear();
  } catch (error) {
    if (mine === turn && mayRecover(error)) recovery.failed(() => void ask());
  }
}

/** Asks the server soon. */
export function refresh(): void {
  if (!may(PERMISSION)) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => void ask(), PAUSE);
}

export function created({ id }: NotificationCreated): void {
  fresh.add(id);
  refresh();
}

const isLookedAt = (conversation: string): boolean =>
  attended.peek() && openId.peek() === conversation;

/** Marks what a conversation had to tell as read, here at once. */
async function dealWith(conversation: string): Promise<void> {
  turn++;
  const states = unread.peek().filter((one) => one.conversation_id === conversation).map(stateOf);
  for (const state of states) dealtWith.add(state);
  unread.value = unread.peek().filter((one) => one.conversation_id !== conversation);
  try {
    await api.post("notifications/read", { conversation_id: conversation });
    refresh();
  } catch (error) {
    if (!mayRecover(error)) return refresh();
    for (const state of states) dealtWith.delete(state);
    // They are there again then, and so is this.
    recovery.failed(refresh);
  }
}

/**
 * Marks what is shown as read, and what is older. Rejects when the server does not.
 *
 * @param shown What else is on the screen, the newest first.
 * @returns Whether there was something.
 */
export async function dealWithAll(shown: readonly Notification[]): Promise<boolean> {
  const until = [unread.peek()[0]?.at, shown[0]?.at].reduce(
    (one, other) => ((one ?? "") > (other ?? "") ? one : other),
  );
  if (!until) return false;
  await api.post("notifications/read", { until });
  refresh();
  return true;
}

/** Opening a conversation deals with what it had to tell. */
export function watchUnread(): void {
  for (const name of ["visibilitychange", "focus", "blur"]) addEventListener(name, look, true);
  look();
  effect(() => {
    const id = openId.value;
    if (!id || !attended.value) return;
    const isTold = (one: Notification) => dealtWith.has(stateOf(one));
    if (unread.value.some((one) => one.conversation_id === id && !isTold(one))) void dealWith(id);
  });
  refresh();
}
