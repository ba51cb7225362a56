/**
 * The list as it is shown. While somebody works in it the rows keep their places: contents change,
 * newcomers are announced or come below, and rows that belong elsewhere by now fade until they are
 * left. It is sorted anew when another list is chosen, when that is asked for, and when nobody
 * works in it. Until a list has been loaded it shows what others have loaded of it; what comes then
 * takes its place in order, and only the open conversation keeps its own.
 */
import { computed, effect, signal } from "@preact/signals";
import { COMPARE, listKey, matching, order, progress } from "./lists";
import { rows, unreadOf, type Row } from "./inbox";
import { openId } from "./route";

interface Held {
  /** The list it is of. */
  readonly key: string;
  readonly ids: readonly string[];
  /** The last row as it was when it got its place: what comes after it in order comes below. */
  readonly last: Row | null;
  /** The latest activity at that time. */
  readonly since: string;
  /** Whether the list had been loaded. */
  readonly loaded: boolean;
  /** The open conversation as it was when it last belonged to a list that was not loaded yet. */
  readonly open: Row | null;
}

export interface ShownRow {
  readonly row: Row;
  /** It belongs to another list by now. */
  readonly leaving: boolean;
}

/** Milliseconds that the list stays as it is after a key, a movement, or leaving a conversation. */
const AFTER_KEY = 30_000;
const AFTER_MOVE = 2_500;
const AFTER_CONVERSATION = 10_000;

const held = signal<Held | null>(null);

let until = 0;
let timer = 0;
const touched = signal(false);

/** Somebody has their hands on the list. */
function hold(milliseconds: number): void {
  until = Math.max(until, Date.now() + milliseconds);
  touched.value = true;
  clearTimeout(timer);
  timer = window.setTimeout(() => (touched.value = false), until - Date.now());
}

export const holdForKey = (): void => hold(AFTER_KEY);
export const holdForMove = (): void => hold(AFTER_MOVE);

const working = computed(() => openId.value !== null || touched.value);

const idOf = ({ summary }: Row) => summary.id;

/** The list in order, with a row among them that belongs elsewhere by now. */
function snapshot(kept: Row | null = null): Held {
  const fresh = matching.peek();
  const { loaded } = progress.peek();
  const ids = fresh.map(idOf);
  if (kept) {
    const below = fresh.findIndex((row) => COMPARE[order.peek()](row, kept) > 0);
    ids.splice(below < 0 ? ids.length : below, 0, idOf(kept));
  }
  const open = kept ?? fresh.find((row) => idOf(row) === openId.peek()) ?? null;
  return {
    key: listKey.peek(),
    ids,
    loaded,
    open: loaded ? null : open,
    last: fresh[fresh.length - 1] ?? null,
    since: fresh.reduce(
      (latest, { summary }) =>
        summary.last_activity_at > latest ? summary.last_activity_at : latest,
      "",
    ),
  };
}

/** The rows in the order in which they are shown. */
export const shown = computed<readonly ShownRow[]>(() => {
  const now = held.value;
  const fresh = matching.value;
  if (now?.key !== listKey.value) return fresh.map((row) => ({ row, leaving: false }));
  const staying = new Set(fresh.map(idOf));
  return now.ids.flatMap((id) => {
    const row = rows.value.get(id);
    return row ? [{ row, leaving: !staying.has(id) }] : [];
  });
});

/** How many conversations would come in, or move up, if the list were sorted anew. */
export const arrived = computed(() => {
  const now = held.value;
  if (now?.key !== listKey.value) return 0;
  const known = new Set(now.ids);
  const open = openId.value;
  const rises = (row: Row) =>
    order.value === "latest" && unreadOf(row) > 0 && row.summary.last_activity_at > now.since;
  return matching.value.filter((row) => {
    const id = idOf(row);
    return id !== open && (!known.has(id) || rises(row));
  }).length;
});

/** Sorts the list anew. */
export function showArrived(): void {
  if (held.peek()) held.value = snapshot();
}

/** Where rows stood that were left, for an undo. */
const places = new Map<string, number>();

function remove(id: string): void {
  const now = held.peek();
  const index = now?.ids.indexOf(id) ?? -1;
  if (!now || index < 0) return;
  places.set(id, index);
  held.value = { ...now, ids: now.ids.filter((other) => other !== id) };
}

/** Puts a row where it stood before it left the list. */
export function putBack(id: string): void {
  const now = held.peek();
  if (!now || now.ids.includes(id)) return;
  const ids = [...now.ids];
  ids.splice(places.get(id) ?? 0, 0, id);
  held.value = { ...now, ids };
}

/** The one below in the list, or above; null when there is none. Faded rows are passed over. */
export function neighbour(id: string | null, step: 1 | -1 = 1): string | null {
  const list = shown.peek();
  const from = list.findIndex(({ row }) => idOf(row) === id);
  if (from < 0) return list.find(({ leaving }) => !leaving)?.row.summary.id ?? null;
  for (let index = from + step; index >= 0 && index < list.length; index += step) {
    const there = list[index];
    if (there && !there.leaving) return idOf(there.row);
  }
  return null;
}

/** Which conversation comes when this one is done: the one below, or else the one above. */
export const following = (id: string): string | null => neighbour(id) ?? neighbour(id, -1);

/** Whether the conversation belongs to the list on the screen. */
export const isListed = (id: string): boolean =>
  matching.peek().some(({ summary }) => summary.id === id);

export function watchOrder(): void {
  let before = openId.peek();
  effect(() => {
    const id = openId.value;
    const left = before;
    before = id;
    if (left !== null && left !== id) {
      if (!isListed(left)) remove(left);
      // Before anything else looks whether somebody works here.
      if (id === null) hold(AFTER_CONVERSATION);
    }
    const key = listKey.value;
    const fresh = matching.value;
    const now = held.peek();
    if (!working.value) {
      if (now) held.value = null;
      return;
    }
    if (now?.key !== key || !now.ids.length) {
      held.value = snapshot();
      return;
    }
    if (!now.loaded) {
      const { open } = now;
      const kept = open && idOf(open) === id && !isListed(id) ? open : null;
      held.value = snapshot(kept);
      return;
    }
    const { last } = now;
    const known = new Set(now.ids);
    const below = fresh.filter(
      (row) => last && !known.has(idOf(row)) && COMPARE[order.peek()](row, last) > 0,
    );
    if (!below.length) return;
    held.value = {
      ...now,
      ids: [...now.ids, ...below.map(idOf)],
      last: below[below.length - 1] ?? last,
    };
  });
}
