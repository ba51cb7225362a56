import { signal } from "@preact/signals";
import type { JobRecord, Page } from "../../../common/types";
import { toast } from "../../shell/overlay";
import { api, reason } from "../../shell/session";
import { text } from "./strings";

/** What failed for good, or what waits and runs. */
export type Group = "parked" | "pending";
export const GROUPS: readonly Group[] = ["parked", "pending"];

/** Jobs that are loaded at once. */
export const PAGE = 50;

export const group = signal<Group>("parked");
export const jobs = signal<readonly JobRecord[]>([]);
/** `renewing`: what is shown is of before. */
export const phase = signal<"loading" | "ready" | "renewing" | "failed">("loading");
export const problem = signal("");
export const cursor = signal<string | null>(null);
/** Jobs that are being tried again or dropped. */
export const busy = signal<ReadonlySet<string>>(new Set());

/** Grows with each list: what was asked for another one comes to nothing. */
let turn = 0;
/** Jobs that have left the list since it was asked for: the answer may still have them. */
let left = new Set<string>();

async function ask(after: string | null): Promise<void> {
  const mine = ++turn;
  left = new Set();
  const asked = group.peek();
  phase.value = jobs.peek().length ? "renewing" : "loading";
  try {
    const page = await api.get<Page<JobRecord>>("jobs", {
      state: asked,
      cursor: after,
      limit: PAGE,
    });
    if (mine !== turn) return;
    const there = page.items.filter(({ id }) => !left.has(id));
    jobs.value = after ? [...jobs.peek(), ...there] : there;
    cursor.value = page.next_cursor;
    phase.value = "ready";
  } catch (error) {
    if (mine !== turn) return;
    problem.value = reason(error);
    phase.value = "failed";
  }
}

export const reload = (): Promise<void> => ask(null);

export const loadMore = (): Promise<void> => ask(cursor.peek());

export function choose(next: Group): void {
  if (next === group.peek()) return;
  group.value = next;
  jobs.value = [];
  cursor.value = null;
  void reload();
}

/** Does something with a job, which then leaves the list. */
async function act(id: string, method: string, path: string, done: string, failed: string) {
  if (busy.peek().has(id)) return;
  busy.value = new Set([...busy.peek(), id]);
  try {
    await api.request<JobRecord>(method, path);
    left.add(id);
    jobs.value = jobs.peek().filter((job) => job.id !== id);
    toast(done);
  } catch (error) {
    toast(text.failed.why(failed, reason(error)), { urgent: true });
    void reload();
  } finally {
    busy.value = new Set([...busy.peek()].filter((other) => other !== id));
  }
}

export const retry = (id: string): Promise<void> =>
  act(id, "POST", `jobs/${encodeURIComponent(id)}/retry`, text.retried, text.failed.retry);

export const drop = (id: string): Promise<void> =>
  act(id, "DELETE", `jobs/${encodeURIComponent(id)}`, text.dropped, text.failed.drop);
