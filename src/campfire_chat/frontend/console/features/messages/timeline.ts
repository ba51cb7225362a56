import { computed } from "@preact/signals";
import type { OutboxEntry } from "../../../common/entries";
import type { Message, Timestamp } from "../../../common/types";
import { dayKey } from "../../ui/format";
import type { Activity } from "../conversations/activity";
import { leaving } from "./sending";
import { thread } from "./thread";

/** A line of the thread, top to bottom. */
export type Item =
  | { kind: "day"; key: string; at: Timestamp }
  | { kind: "new"; key: string }
  | { kind: "activity"; key: string; activity: Activity }
  | { kind: "message"; key: string; message: Message; first: boolean; last: boolean }
  | { kind: "leaving"; key: string; entry: OutboxEntry };

/** Milliseconds between two messages of one sender that still belong together. */
const TOGETHER = 5 * 60_000;

type Stored = { at: Timestamp; message: Message } | { at: Timestamp; activity: Activity };

function together(a: Stored | undefined, b: Stored | undefined): boolean {
  if (!a || !b || !("message" in a) || !("message" in b)) return false;
  return (
    a.message.sender.kind === b.message.sender.kind &&
    a.message.sender.id === b.message.sender.id &&
    a.message.visibility === b.message.visibility &&
    dayKey(a.at) === dayKey(b.at) &&
    Math.abs(Date.parse(b.at) - Date.parse(a.at)) < TOGETHER
  );
}

/** A snooze with its time is two events, of which the second says it all. */
function told(activities: readonly Activity[]): Activity[] {
  const timed = activities.filter(({ kind }) => kind === "snooze").map(({ at }) => Date.parse(at));
  return activities.filter(
    ({ kind, at }) =>
      kind !== "snoozed" || !timed.some((time) => Math.abs(time - Date.parse(at)) < 1000),
  );
}

/** Messages, notes and activities by time, with day separators, then what is on its way. */
export const timeline = computed<readonly Item[]>(() => {
  const opened = thread.value;
  if (!opened) return [];
  const messages = [...opened.messages.value.values()];
  const stored: Stored[] = [
    ...messages.map((message) => ({ at: message.at, message })),
    ...told([...opened.activities.value.values()]).map((activity) => ({
      at: activity.at,
      activity,
    })),
  ];
  stored.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));

  const items: Item[] = [];
  let day = "";
  stored.forEach((entry, index) => {
    if (dayKey(entry.at) !== day) {
      day = dayKey(entry.at);
      items.push({ kind: "day", key: `day:${day}`, at: entry.at });
    }
    if ("activity" in entry) {
      items.push({ kind: "activity", key: entry.activity.key, activity: entry.activity });
      return;
    }
    const { message } = entry;
    const begins = message.id === opened.firstUnread.value;
    if (begins) items.push({ kind: "new", key: "new" });
    items.push({
      kind: "message",
      // A message keeps its place on the screen when it changes from "on its way" to stored.
      key: message.client_id,
      message,
      first: begins || !together(stored[index - 1], entry),
      last: !together(entry, stored[index + 1]),
    });
  });

  const arrived = new Set(messages.map(({ client_id }) => client_id));
  for (const entry of leaving.value) {
    if (arrived.has(entry.client_id)) continue;
    items.push({ kind: "leaving", key: entry.client_id, entry });
  }
  return items;
});

/** The newest message of this agent that can still be edited. */
export function lastOwn(isMine: (message: Message) => boolean): Message | null {
  let found: Message | null = null;
  for (const message of thread.peek()?.messages.peek().values() ?? []) {
    if (isMine(message) && !message.deleted_at && message.at > (found?.at ?? "")) found = message;
  }
  return found;
}
