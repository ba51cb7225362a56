import { signal } from "@preact/signals";
import type { HistoryEntry, Page } from "../../../common/types";
import { api, reason } from "../../shell/session";

export const entries = signal<readonly HistoryEntry[]>([]);
export const cursor = signal<string | null>(null);
export const problem = signal<string | null>(null);
export const loading = signal(false);

/** The conversation whose history is shown. */
let shown: string | null = null;
/** Grows with each question: what was asked before comes to nothing. */
let turn = 0;

const keyOf = ({ stream, seq }: HistoryEntry): string => `${stream}:${seq}`;

async function ask(after: string | null): Promise<void> {
  const id = shown;
  if (!id) return;
  const mine = ++turn;
  loading.value = true;
  try {
    const page = await api.get<Page<HistoryEntry>>(
      `conversations/${encodeURIComponent(id)}/history`,
      { cursor: after },
    );
    if (mine !== turn) return;
    const known = entries.peek();
    const fresh = new Set(page.items.map(keyOf));
    const joins = known.some((entry) => fresh.has(keyOf(entry)));
    if (after) entries.value = [...known, ...page.items];
    else if (joins && page.next_cursor) {
      // What was loaded further down stays, and so does the place where it ends.
      entries.value = [...page.items, ...known.filter((entry) => !fresh.has(keyOf(entry)))];
    } else {
      entries.value = page.items;
      cursor.value = page.next_cursor;
    }
    if (after) cursor.value = page.next_cursor;
    problem.value = null;
  } catch (error) {
    if (mine === turn) problem.value = reason(error);
  } finally {
    if (mine === turn) loading.value = false;
  }
}

export function show(id: string): void {
  shown = id;
  entries.value = [];
  cursor.value = null;
  problem.value = null;
  void ask(null);
}

export function hide(): void {
  shown = null;
  turn++;
}

/** Something has changed in a conversation. */
export function heard(id: string): void {
  if (id === shown) void ask(null);
}

export const refresh = (): Promise<void> => ask(null);
export const loadMore = (): Promise<void> => ask(cursor.peek());
