import { effect, signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import type { SearchHit } from "../../../common/types";
import { may } from "../../shell/permissions";
import { toast } from "../../shell/overlay";
import { reason } from "../../shell/session";
import { text as common } from "../../ui/strings";
import { ask, type Sort, type Within } from "./asking";
import { text } from "./strings";

export const SORTS: readonly Sort[] = ["best", "newest"];
export type Kind = "all" | Within;

const PAGE = 30;
/** Milliseconds without a further letter before the server is asked. */
const PAUSE = 250;
/** Empty pages that are passed over by themselves: with conditions that little meets, they come. */
const MOST_EMPTY = 3;

/** What can be found; notes by those who may read them. */
export const kinds = (): readonly Kind[] =>
  may("notes.read")
    ? ["all", "messages", "notes", "conversations"]
    : ["all", "messages", "conversations"];

/** What is typed, and what of it was asked for. */
export const typed = signal("");
export const sought = signal("");
export const sort = signal<Sort>("best");
export const kind = signal<Kind>("all");

export const hits = signal<readonly SearchHit[]>([]);
export const cursor = signal<string | null>(null);
/** `idle`: nothing is sought. `more`: what is shown stays, and the next page is on its way. */
export const phase = signal<"idle" | "loading" | "more" | "ready" | "failed">("idle");
/** Why it failed; and what is wrong with what is typed. */
export const problem = signal("");
export const mistake = signal("");
/** The hit that was opened last: whoever comes back goes on there. */
export const opened = signal<string | null>(null);

export const keyOf = ({ message_id, conversation }: SearchHit): string =>
  message_id ?? conversation.id;

let asked = new AbortController();

/** Asks for the first page, or for the next one. */
async function load(what: "loading" | "more"): Promise<void> {
  asked.abort();
  const mine = (asked = new AbortController());
  const q = sought.peek();
  mistake.value = problem.value = "";
  if (!q.trim()) {
    hits.value = [];
    cursor.value = null;
    phase.value = "idle";
    return;
  }
  phase.value = what;
  try {
    let found = what === "more" ? hits.peek() : [];
    let next = what === "more" ? cursor.peek() : null;
    const before = found.length;
    for (let pages = 0; pages <= MOST_EMPTY; pages++) {
      const within = kind.peek() === "all" ? [] : [kind.peek() as Within];
      const page = await ask(
        { q, in: within, sort: sort.peek(), cursor: next, limit: PAGE },
        mine.signal,
      );
      found = [...found, ...page.items];
      next = page.next_cursor ?? null;
      if (!next || found.length > before) break;
    }
    hits.value = found;
    cursor.value = next;
    phase.value = "ready";
  } catch (error) {
    if (mine.signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    if (what === "more") {
      toast(common.failed.reason(text.failed.more, reason(error)), { urgent: true });
      phase.value = "ready";
      return;
    }
    hits.value = [];
    cursor.value = null;
    phase.value = error.code === "invalid_search" ? "ready" : "failed";
    if (error.code === "invalid_search") mistake.value = error.message;
    else problem.value = reason(error);
  }
}

export const retry = (): void => void load("loading");

export function loadMore(): void {
  if (cursor.peek() && phase.peek() === "ready") void load("more");
}

export function choose(next: { sort?: Sort | undefined; kind?: Kind | undefined }): void {
  sort.value = next.sort ?? sort.peek();
  kind.value = next.kind ?? kind.peek();
  void load("loading");
}

/** Asks for what is typed at once. */
export function seek(words: string): void {
  typed.value = words;
  if (words === sought.peek() && phase.peek() !== "failed") return;
  sought.value = words;
  opened.value = null;
  void load("loading");
}

/** Asks for what is typed as soon as nothing more is. Returns what ends it. */
export function followTyping(): () => void {
  return effect(() => {
    const words = typed.value;
    if (words === sought.peek()) return undefined;
    const timer = setTimeout(() => seek(words), PAUSE);
    return () => clearTimeout(timer);
  });
}
