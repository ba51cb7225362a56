import { signal } from "@preact/signals";
import type {
  DeliveryRecord,
  DeliveryState,
  NewWebhook,
  Page,
  WebhookChanges,
  WebhookRecord,
  WebhookState,
  WebhookWithSecret,
} from "../../../common/types";
import { toast } from "../../shell/overlay";
import { navigate } from "../../shell/router";
import { api, reason } from "../../shell/session";
import { text } from "./strings";

export const PATH = "webhooks";
/** Deliveries that are loaded at once. */
export const PAGE = 50;
export type Filter = "all" | Exclude<DeliveryState, "dropped">;
export const FILTERS: readonly Filter[] = ["all", "failed", "waiting", "delivered"];

export const webhooks = signal<readonly WebhookRecord[]>([]);
export const phase = signal<"loading" | "ready" | "failed">("loading");
export const problem = signal("");
/** Every type of events that a webhook can send. */
export const eventTypes = signal<readonly string[]>([]);

export const filter = signal<Filter>("all");
export const deliveries = signal<readonly DeliveryRecord[]>([]);
export const cursor = signal<string | null>(null);
export const logPhase = signal<"loading" | "ready" | "failed">("loading");
/** While something is being done with a webhook. */
export const busy = signal(false);
/** A secret that is shown now, and never again. */
export const secret = signal<string | null>(null);

export const addressOf = (id: string): string => `#/${PATH}/${encodeURIComponent(id)}`;
const at = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

export const nameOf = ({ description, url }: WebhookRecord): string => description || url;

/** Grows with each look: an earlier answer that comes later counts no more. */
let look = 0;

export async function reload(): Promise<void> {
  const mine = ++look;
  try {
    const [page, types] = await Promise.all([
      api.get<Page<WebhookRecord>>(PATH),
      api.get<Page<string>>("webhook-events"),
    ]);
    if (mine !== look) return;
    webhooks.value = page.items;
    eventTypes.value = types.items;
    phase.value = "ready";
  } catch (error) {
    if (mine !== look) return;
    problem.value = reason(error);
    phase.value = "failed";
  }
}

/** Grows with each list: what was asked for another one comes to nothing. */
let turn = 0;

async function askLog(id: string, after: string | null): Promise<void> {
  const mine = ++turn;
  const state = filter.peek();
  try {
    const page = await api.get<Page<DeliveryRecord>>(`${at(id)}/deliveries`, {
      state: state === "all" ? null : state,
      cursor: after,
      limit: PAGE,
    });
    if (mine !== turn) return;
    deliveries.value = after ? [...deliveries.peek(), ...page.items] : page.items;
    cursor.value = page.next_cursor;
    logPhase.value = "ready";
  } catch (error) {
    if (mine !== turn) return;
    problem.value = reason(error);
    logPhase.value = "failed";
  }
}

export const reloadLog = (id: string): Promise<void> => askLog(id, null);
export const loadMore = (id: string): Promise<void> => askLog(id, cursor.peek());

export function openLog(id: string): void {
  deliveries.value = [];
  cursor.value = null;
  logPhase.value = "loading";
  void reloadLog(id);
}

export function choose(id: string, next: Filter): void {
  if (next === filter.peek()) return;
  filter.value = next;
  openLog(id);
}

/** Does something, and says what came of it; whether it was done. */
async function act<T>(work: () => Promise<T>, done: string | null): Promise<T | null> {
  if (busy.peek()) return null;
  busy.value = true;
  try {
    const result = await work();
    if (done) toast(done);
    return result;
  } catch (error) {
    toast(text.failed.why(text.failed.act, reason(error)), { urgent: true });
    return null;
  } finally {
    busy.value = false;
  }
}

/** Shows a webhook as the server has it now; what was asked for before may not know of it. */
function put(webhook: WebhookRecord): void {
  const known = webhooks.peek();
  webhooks.value = known.some(({ id }) => id === webhook.id)
    ? known.map((one) => (one.id === webhook.id ? webhook : one))
    : [webhook, ...known];
  void reload();
}

/** Why it was refused; null if it was saved. */
export async function save(id: string | null, values: NewWebhook): Promise<string | null> {
  try {
    if (id) {
      const body = values satisfies WebhookChanges;
      put(await api.request<WebhookRecord>("PATCH", at(id), { body }));
    } else {
      const { secret: once, ...created } = await api.post<WebhookWithSecret>(PATH, values);
      secret.value = once;
      put(created);
      navigate(addressOf(created.id));
    }
    return null;
  } catch (error) {
    return reason(error);
  }
}

export async function setState(id: string, state: WebhookState): Promise<void> {
  const done = state === "active" ? text.resumed : text.paused;
  const changed = await act(() => api.request<WebhookRecord>("PATCH", at(id), { body: { state } }), done);
  if (changed) put(changed);
  void reloadLog(id);
}

export async function rotate(id: string): Promise<void> {
  const path = `${at(id)}/secret`;
  const changed = await act(() => api.request<WebhookWithSecret>("POST", path), null);
  if (!changed) return;
  secret.value = changed.secret;
  void reload();
}

export async function remove(id: string): Promise<void> {
  const removed = await act(() => api.request<WebhookRecord>("DELETE", at(id)), text.removed);
  if (!removed) return;
  webhooks.value = webhooks.peek().filter((known) => known.id !== id);
  void reload();
  navigate(`#/${PATH}`);
}

export async function sendTest(id: string): Promise<void> {
  await act(() => api.request("POST", `${at(id)}/test`), text.tested);
  void reloadLog(id);
}

/** Sends everything again that has failed and is still kept. */
export async function replayFailed(id: string): Promise<void> {
  const body = { since: "1970-01-01T00:00:00Z", until: "9999-01-01T00:00:00Z", state: "failed" };
  await act(() => api.request("POST", `${at(id)}/replay`, { body }), text.replayed);
  void reloadLog(id);
}

export async function replay(id: string, delivery: string): Promise<void> {
  const path = `${at(id)}/deliveries/${encodeURIComponent(delivery)}/replay`;
  await act(() => api.request("POST", path), text.replayedOne);
  void reloadLog(id);
}
