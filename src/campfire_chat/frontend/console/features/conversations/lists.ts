import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { load, save } from "../../../common/storage";
import type {
  AgentConversation,
  ConversationSummary,
  Page,
  Status,
  Timestamp,
} from "../../../common/types";
import { plain } from "../../ui/format";
import { may } from "../../shell/permissions";
import { createRecovery, mayRecover } from "../../shell/recovery";
import { screen } from "../../shell/router";
import { api, me, reason } from "../../shell/session";
import { recount } from "./counts";
import { phase, teams } from "../teams/teams";
import { setTeam, team } from "./team";
import { beginReload, haystack, isTouched, putConversations, rows, type Row } from "./inbox";
import { go, openId, PATH } from "./route";

export type View = "mine" | "unassigned" | "all";
export const VIEWS: readonly View[] = ["mine", "unassigned", "all"];
export const STATUSES: readonly Status[] = ["open", "pending", "snoozed", "resolved"];

/**
 * `longest_waiting`: those in which a visitor waits, the longest first, and then the others by
 * their latest activity.
 */
export type Order = "latest" | "longest_waiting";
export const ORDERS: readonly Order[] = ["latest", "longest_waiting"];

/** How far one list has been loaded. */
interface Progress {
  readonly phase: "idle" | "loading" | "failed";
  readonly error: string;
  /** Whether the first page is there. */
  readonly loaded: boolean;
  /** Which part is being loaded: those who wait come first, in their own order. */
  readonly part: "waiting" | "all";
  readonly cursor: string | null;
  /** By what the last row loaded is sorted; rows beyond it that are known would leave gaps. */
  readonly bound: Timestamp | null;
  /** Whether there is nothing more to load. */
  readonly whole: boolean;
}

const PAGE = 50;
const PLACE = "campfire:console:place";
const CHOSEN_ORDERS = "campfire:console:orders";

const kept = load<{ view: View; status: Status }>(PLACE);
export const view = signal<View>(VIEWS.find((name) => name === kept?.view) ?? "all");
export const status = signal<Status>(STATUSES.find((name) => name === kept?.status) ?? "open");
export const filter = signal("");

const orders = signal<Partial<Record<View, Order>>>(load(CHOSEN_ORDERS) ?? {});

function orderOf(of: View, having: Status): Order {
  // In what is resolved nobody waits.
  if (having === "resolved") return "latest";
  return orders.value[of] ?? (of === "unassigned" ? "longest_waiting" : "latest");
}

export const order = computed<Order>(() => orderOf(view.value, status.value));

const progresses = signal<ReadonlyMap<string, Progress>>(new Map());

const keyOf = (of: View, having: Status) =>
  `${team.value ?? ""}:${of}:${having}:${orderOf(of, having)}`;

/** Names what is listed; with another one it is another list. */
export const listKey = computed(
  () => `${keyOf(view.value, status.value)}:${plain(filter.value.trim())}`,
);

const FRESH = (key: string): Progress => ({
  phase: "idle",
  error: "",
  loaded: false,
  part: key.endsWith(":longest_waiting") ? "waiting" : "all",
  cursor: null,
  bound: null,
  whole: false,
});

const progressOf = (key: string): Progress => progresses.value.get(key) ?? FRESH(key);

export const progress = computed(() => progressOf(keyOf(view.value, status.value)));

function setProgress(key: string, change: Partial<Progress>): void {
  const next = new Map(progresses.peek());
  next.set(key, { ...(next.get(key) ?? FRESH(key)), ...change });
  progresses.value = next;
}

function belongs(summary: ConversationSummary, of: View): boolean {
  if (team.value !== null && summary.team?.id !== team.value) return false;
  if (of === "mine") return summary.assignee?.id === me.value?.id;
  if (of === "unassigned") return summary.assignee === null;
  return true;
}

const byTime = (a: Timestamp, b: Timestamp): number => (a < b ? -1 : a > b ? 1 : 0);

const byActivity = ({ summary: a }: Row, { summary: b }: Row): number =>
  byTime(b.last_activity_at, a.last_activity_at) || b.id.localeCompare(a.id);

function byWait(one: Row, other: Row): number {
  const [a, b] = [one.summary.waiting_since, other.summary.waiting_since];
  if (a !== null && b !== null) return byTime(a, b) || one.summary.id.localeCompare(other.summary.id);
  return a !== null ? -1 : b !== null ? 1 : byActivity(one, other);
}

export const COMPARE: Record<Order, (a: Row, b: Row) => number> = {
  latest: byActivity,
  longest_waiting: byWait,
};

/** Conversations that are being resolved with the message that is on its way to them. */
export const resolving = signal<ReadonlySet<string>>(new Set());

export function setResolving(id: string, now: boolean): void {
  const next = new Set(resolving.peek());
  if (now) next.add(id);
  else next.delete(id);
  resolving.value = next;
}

function isWithin({ waiting_since, last_activity_at }: ConversationSummary, so: Progress): boolean {
  const { part, bound, whole } = so;
  const waits = order.value === "longest_waiting" && waiting_since !== null;
  if (whole) return true;
  // Those who wait are all there, and of the others nothing is.
  if (bound === null) return part === "waiting" || order.value === "latest" || waits;
  if (part === "waiting") return waiting_since !== null && waiting_since <= bound;
  return waits || last_activity_at >= bound;
}

/** The rows of the chosen view and status in their order, as far as it was loaded. */
const listed = computed<readonly Row[]>(() => {
  const so = progress.value;
  const leaving = resolving.value;
  const chosen = [...rows.value.values()].filter(
    ({ summary }) =>
      summary.status === status.value &&
      belongs(summary, view.value) &&
      (status.value === "resolved" || !leaving.has(summary.id)) &&
      isWithin(summary, so),
  );
  return chosen.sort(COMPARE[order.value]);
});

/** Those of them that the filter lets through. */
export const matching = computed<readonly Row[]>(() => {
  const wanted = plain(filter.value.trim());
  if (!wanted) return listed.value;
  return listed.value.filter(({ summary }) => haystack(summary).includes(wanted));
});

// Loading.

let generation = 0;
const recovery = createRecovery();

/**
 * Loads the next page of a list.
 *
 * @param renew The rows known so far are worth nothing any more; the page replaces them.
 */
async function loadPage(of: View, having: Status, renew = false): Promise<void> {
  const key = keyOf(of, having);
  const { phase: busy, loaded, whole, part, cursor } = progresses.peek().get(key) ?? FRESH(key);
  if (busy === "loading" || whole) return;
  const asked = generation;
  setProgress(key, { phase: "loading", error: "" });
  try {
    const page = await api.get<Page<AgentConversation>>("conversations", {
      status: having,
      assignee: of === "mine" ? "me" : of === "unassigned" ? "unassigned" : null,
      team: team.peek(),
      order: part === "waiting" ? "longest_waiting" : "latest",
      cursor,
      limit: PAGE,
    });
    if (asked !== generation) return;
    const last = page.items[page.items.length - 1];
    const ended = page.next_cursor === null;
    // Behind those who wait come the others.
    const on = part === "waiting" && ended;
    batch(() => {
      putConversations(
        page.items,
        (id) => !renew || isTouched(id) || id === openId.peek(),
      );
      setProgress(key, {
        phase: "idle",
        loaded: loaded || !on,
        part: on ? "all" : part,
        cursor: page.next_cursor,
        bound: (part === "waiting" ? last?.waiting_since : last?.last_activity_at) ?? null,
        whole: ended && !on,
      });
    });
    if (key === keyOf(view.peek(), status.peek())) recovery.done();
    if (on) await loadPage(of, having);
  } catch (error) {
    if (asked !== generation) return;
    setProgress(key, { phase: "failed", error: reason(error) });
    if (mayRecover(error)) recovery.failed(() => void loadShown(renew));
  }
}

export function loadMore(): void {
  void loadPage(view.peek(), status.peek());
}

/** The first page of what is shown, and of the other views, which are then there at once. */
export const loadInbox = (): Promise<void> => loadShown();

async function loadShown(renew = false): Promise<void> {
  const asked = generation;
  // Asked for again after a failure, a list that is there is not continued.
  const { loaded, phase: state } = progress.peek();
  if (!loaded || state === "failed") await loadPage(view.peek(), status.peek(), renew);
  // The others would fail as well: they come when what is shown does.
  if (progress.peek().phase === "failed") return;
  for (const name of VIEWS) {
    if (asked !== generation) return;
    if (!progresses.peek().get(keyOf(name, "open"))?.loaded) await loadPage(name, "open");
  }
}

/** The stream could not be continued: what is shown stays until the new snapshot is there. */
export async function reloadInbox(): Promise<void> {
  generation++;
  recovery.done();
  beginReload();
  progresses.value = new Map();
  await loadShown(true);
}

export function choose(of: View, having: Status = status.peek()): void {
  batch(() => {
    view.value = of;
    status.value = having;
    filter.value = "";
  });
  save(PLACE, { view: of, status: having });
  if (!progress.peek().loaded) loadMore();
}

/** Goes to the inbox, and shows that list there. */
export function showList(of: View, having: Status): void {
  choose(of, having);
  if (screen.peek()?.path !== PATH) go(null);
}

/** Shows the conversations of one team in all lists, or of all teams again. */
export function chooseTeam(id: string | null): void {
  batch(() => {
    setTeam(id);
    filter.value = "";
  });
  recount();
  if (!progress.peek().loaded) loadMore();
}

/** Whose team is gone sees all again. */
export function watchTeam(): void {
  effect(() => {
    const there = phase.value !== "ready" || teams.value.some(({ id }) => id === team.value);
    if (team.value !== null && !(there && may("teams.read"))) untracked(() => chooseTeam(null));
  });
}

/** Goes to the inbox, and shows the conversations of that team there. */
export function showTeam(id: string | null): void {
  chooseTeam(id);
  if (screen.peek()?.path !== PATH) go(null);
}

/** Sorts the lists of this view so, from now on. */
export function chooseOrder(next: Order): void {
  orders.value = { ...orders.peek(), [view.peek()]: next };
  save(CHOSEN_ORDERS, orders.peek());
  if (!progress.peek().loaded) loadMore();
}
