import { effect, signal } from "@preact/signals";
import { load as loadKept, save } from "../../../common/storage";
import type { ContactRecord, Page } from "../../../common/types";
import { api, reason } from "../../shell/session";
import { PATH } from "./route";

export type Order = "last_seen" | "name" | "created";
export const ORDERS: readonly Order[] = ["last_seen", "name", "created"];
export type Kind = "all" | "verified" | "unverified";
export const KINDS: readonly Kind[] = ["all", "verified", "unverified"];

const PAGE = 50;
/** Milliseconds without a further letter before the server is asked. */
const PAUSE = 150;
/** Empty pages that are passed over by themselves: with conditions that few meet, they come. */
const MOST_EMPTY = 10;
const KEPT = "campfire:console:contacts";

const kept = loadKept<{ order: Order; kind: Kind }>(KEPT);
export const order = signal<Order>(ORDERS.find((name) => name === kept?.order) ?? "last_seen");
export const kind = signal<Kind>(KINDS.find((name) => name === kept?.kind) ?? "all");
/** What is typed, and what of it was asked for. */
export const typed = signal("");
const sought = signal("");

export const contacts = signal<readonly ContactRecord[]>([]);
export const cursor = signal<string | null>(null);
/** `more`: what is shown stays, and the next page is on its way. */
export const phase = signal<"loading" | "more" | "ready" | "failed">("loading");
export const problem = signal("");

/** Grows with each list: what was asked for another one comes to nothing. */
let turn = 0;

/** Loads the first page, or the next one. */
async function ask(after: string | null): Promise<void> {
  const mine = ++turn;
  const verified = { all: null, verified: "true", unverified: "false" }[kind.peek()];
  phase.value = after ? "more" : "loading";
  try {
    let found = after ? contacts.peek() : [];
    let next = after;
    let empty = 0;
    do {
      const page: Page<ContactRecord> = await api.get(PATH, {
        search: sought.peek(),
        order: order.peek(),
        verified,
        cursor: next,
        limit: PAGE,
      });
      if (mine !== turn) return;
      empty = page.items.length ? MOST_EMPTY : empty + 1;
      found = [...found, ...page.items];
      next = page.next_cursor;
    } while (next && empty < MOST_EMPTY);
    contacts.value = found;
    cursor.value = next;
    phase.value = "ready";
  } catch (error) {
    if (mine !== turn) return;
    problem.value = reason(error);
    phase.value = "failed";
  }
}

export const reload = (): Promise<void> => ask(null);

export function loadMore(): void {
  if (cursor.peek() && phase.peek() === "ready") void ask(cursor.peek());
}

export function chooseList(next: { order?: Order | undefined; kind?: Kind | undefined }): void {
  order.value = next.order ?? order.peek();
  kind.value = next.kind ?? kind.peek();
  save(KEPT, { order: order.peek(), kind: kind.peek() });
  void reload();
}

/** Asks for what is typed as soon as nothing more is. Returns what ends it. */
export function followTyping(): () => void {
  return effect(() => {
    const wanted = typed.value.trim();
    if (wanted === sought.peek()) return undefined;
    const timer = setTimeout(() => {
      sought.value = wanted;
      void reload();
    }, PAUSE);
    return () => clearTimeout(timer);
  });
}

/** Whether everybody would be shown. */
export const isWhole = (): boolean => !sought.value && kind.value === "all";
