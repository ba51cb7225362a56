import { signal } from "@preact/signals";
import type { Notification, Page } from "../../../common/types";
import { toast } from "../../shell/overlay";
import { createRecovery, mayRecover } from "../../shell/recovery";
import { api, reason } from "../../shell/session";
import { text as common } from "../../ui/strings";
import { text } from "./strings";

export type Filter = "unread" | "all";
export const FILTERS: readonly Filter[] = ["unread", "all"];

const PAGE = 50;

export const filter = signal<Filter>("all");
export const list = signal<readonly Notification[]>([]);
export const cursor = signal<string | null>(null);
export const phase = signal<"loading" | "more" | "ready" | "failed">("loading");
export const problem = signal("");

/** Grows with each question: an older answer comes to nothing. */
let turn = 0;
const recovery = createRecovery();

/** Loads what comes after `next`; without it as many as are shown, in their place. */
async function ask(next: string | null): Promise<void> {
  const mine = ++turn;
  const unread = filter.peek() === "unread" ? "true" : null;
  const wanted = next === null ? list.peek().length : 0;
  try {
    let found = next === null ? [] : list.peek();
    let following = next;
    do {
      const page: Page<Notification> = await api.get("notifications", {
        unread,
        cursor: following,
        limit: PAGE,
      });
      if (mine !== turn) return;
      const there = new Set(found.map(({ id }) => id));
      found = [...found, ...page.items.filter(({ id }) => !there.has(id))];
      following = page.next_cursor;
    } while (following && found.length < wanted);
    recovery.done();
    list.value = found;
    cursor.value = following;
    phase.value = "ready";
    problem.value = "";
  } catch (error) {
    if (mine !== turn) return;
    if (next !== null) {
      toast(common.failed.reason(text.failed.more, reason(error)), { urgent: true });
      phase.value = "ready";
      return;
    }
    problem.value = reason(error);
    phase.value = list.peek().length ? "ready" : "failed";
    if (mayRecover(error)) recovery.failed(renew);
  }
}

/** Loads the first page, in place of what is shown. */
export function renew(): void {
  if (!list.peek().length) phase.value = "loading";
  void ask(null);
}

export function loadMore(): void {
  if (!cursor.peek() || phase.peek() !== "ready") return;
  phase.value = "more";
  void ask(cursor.peek());
}

export function choose(next: Filter): void {
  if (next === filter.peek()) return;
  filter.value = next;
  list.value = [];
  cursor.value = null;
  renew();
}
