import { effect, signal } from "@preact/signals";
import { load as loadKept, save } from "../../../common/storage";
import type { ContactRecord, Page } from "../../../common/types";
import { toast } from "../../shell/overlay";
import { api, reason } from "../../shell/session";
import { text as common } from "../../ui/strings";
import type { Value } from "./attributes";
import { PATH } from "./route";
import { text } from "./strings";

export type Order = "last_seen" | "name" | "created";
export const ORDERS: readonly Order[] = ["last_seen", "name", "created"];
export type Kind = "all" | "verified" | "unverified" | "blocked";
export const KINDS: readonly Kind[] = ["all", "verified", "unverified", "blocked"];

const PAGE = 50;
/** Contacts that the server gives at a time. */
const MOST = 100;
/** Milliseconds without a further letter before the server is asked. */
const PAUSE = 150;
/** Empty pages that are passed over by themselves: with conditions that few meet, they come. */
const MOST_EMPTY = 10;
const KEPT = "campfire:console:contacts";

const kept = loadKept<{ order: Order; kind: Kind }>(KEPT);
export const order = signal<Order>(ORDERS.find((name) => name === kept?.order) ?? "last_seen");
export const kind = signal<Kind>(KINDS.find((name) => name === kept?.kind) ?? "all");
/** The value of an attribute that contacts have to have; null: none. */
export const condition = signal<{ key: string; value: Value } | null>(null);
/** What is typed, and what of it was asked for. */
export const typed = signal("");
const sought = signal("");

export const contacts = signal<readonly ContactRecord[]>([]);
export const cursor = signal<string | null>(null);
/** `more`, `renewing`: what is shown stays, and the next page is on its way, or the same anew. */
export const phase = signal<"loading" | "more" | "renewing" | "ready" | "failed">("loading");
/** Why the list could not be loaded, or not anew; empty if it could. */
export const problem = signal("");

/** Grows with each list: what was asked for another one comes to nothing. */
let turn = 0;

/** Loads the first page, the next one, or as many contacts as are shown. */
async function ask(what: "loading" | "more" | "renewing"): Promise<void> {
  const mine = ++turn;
  const shown = contacts.peek();
  const conditions = {
    all: {},
    verified: { verified: "true" },
    unverified: { verified: "false" },
    blocked: { blocked: "true" },
  }[kind.peek()];
  const wantedValue = condition.peek();
  phase.value = what;
  try {
    let found = what === "more" ? shown : [];
    let next = what === "more" ? cursor.peek() : null;
    const wanted = what === "renewing" ? shown.length : found.length + 1;
    let empty = 0;
    do {
      const page: Page<ContactRecord> = await api.get(PATH, {
        search: sought.peek(),
        order: order.peek(),
        ...conditions,
        attributes: wantedValue ? JSON.stringify({ [wantedValue.key]: wantedValue.value }) : null,
        cursor: next,
        limit: Math.min(MOST, Math.max(PAGE, wanted - found.length)),
      });
      if (mine !== turn) return;
      empty = page.items.length ? 0 : empty + 1;
      found = [...found, ...page.items];
      next = page.next_cursor;
    } while (next && found.length < wanted && empty < MOST_EMPTY);
    contacts.value = found;
    cursor.value = next;
    phase.value = "ready";
    problem.value = "";
  } catch (error) {
    if (mine !== turn) return;
    if (what === "more") {
      toast(common.failed.reason(text.failed.more, reason(error)), { urgent: true });
    } else {
      problem.value = reason(error);
    }
    phase.value = what === "loading" ? "failed" : "ready";
  }
}

const reload = (): Promise<void> => ask("loading");

/** Loads what is shown anew, in place. */
export const renew = (): Promise<void> => ask(isKnown() ? "renewing" : "loading");

/** Whether what is shown is the answer to what was asked last. */
const isKnown = (): boolean =>
  contacts.peek().length > 0 && phase.peek() !== "loading" && phase.peek() !== "failed";

export function loadMore(): void {
  if (cursor.peek() && phase.peek() === "ready") void ask("more");
}

export function chooseList(next: { order?: Order | undefined; kind?: Kind | undefined }): void {
  order.value = next.order ?? order.peek();
  kind.value = next.kind ?? kind.peek();
  save(KEPT, { order: order.peek(), kind: kind.peek() });
  void reload();
}

export function chooseAttribute(next: { key: string; value: Value } | null): void {
  if (JSON.stringify(next) === JSON.stringify(condition.peek())) return;
  condition.value = next;
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

/** What leaves somebody out: what was typed, or else the chosen kind; null: nothing does. */
export const narrowing = (): "search" | "value" | "kind" | null =>
  sought.value ? "search" : condition.value ? "value" : kind.value === "all" ? null : "kind";
