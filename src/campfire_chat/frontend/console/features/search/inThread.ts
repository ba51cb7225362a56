import { computed, effect, signal } from "@preact/signals";
import { ApiError } from "../../../common/api";
import { toast } from "../../shell/overlay";
import { reason } from "../../shell/session";
import { text as common } from "../../ui/strings";
import { openId } from "../conversations/route";
import { focusThread } from "../messages/focus";
import { showMessage } from "../messages/wanted";
import { ask, mayFind } from "./asking";
import { text } from "./strings";

/** The id of the field. */
export const FIELD = "find-field";

/** Messages that the server gives at a time. */
const PAGE = 100;
/** Milliseconds without a further letter before the server is asked. */
const PAUSE = 250;

/** In which conversation the agent looks for something. */
const within = signal<string | null>(null);
export const isFinding = computed(() => within.value !== null && within.value === openId.value);

export const typed = signal("");
const sought = signal("");
/** The messages that hold it, the newest first; and which of them is shown. */
export const found = signal<readonly string[]>([]);
export const position = signal(0);
const cursor = signal<string | null>(null);
/** Whether there are more than are counted. */
export const isMore = computed(() => cursor.value !== null);
/** `idle`: nothing is sought. */
export const phase = signal<"idle" | "loading" | "ready">("idle");
export const mistake = signal("");

let asked = new AbortController();

/** Opens the field, or goes to it. */
export function startFinding(): boolean {
  const id = openId.peek();
  if (!id || !mayFind()) return false;
  if (within.peek() !== id) {
    forget();
    within.value = id;
  }
  // It is there with the next rendering.
  requestAnimationFrame(() => {
    const field = document.getElementById(FIELD);
    if (field instanceof HTMLInputElement) field.select();
    field?.focus();
  });
  return true;
}

export function stopFinding(): void {
  forget();
  within.value = null;
  focusThread();
}

function forget(): void {
  asked.abort();
  typed.value = sought.value = mistake.value = "";
  found.value = [];
  cursor.value = null;
  phase.value = "idle";
}

/** Loads the first messages, or those after the ones that are known. */
async function load(more: boolean): Promise<boolean> {
  const id = within.peek();
  asked.abort();
  const mine = (asked = new AbortController());
  mistake.value = "";
  phase.value = "loading";
  try {
    const page = await ask(
      {
        q: `${id} ${sought.peek()}`,
        in: ["messages", "notes"],
        sort: "newest",
        cursor: more ? cursor.peek() : null,
        limit: PAGE,
      },
      mine.signal,
    );
    const ids = page.items.flatMap(({ message_id }) => message_id ?? []);
    found.value = more ? [...found.peek(), ...ids] : ids;
    cursor.value = page.next_cursor ?? null;
    phase.value = "ready";
    return true;
  } catch (error) {
    if (mine.signal.aborted) return false;
    if (!(error instanceof ApiError)) throw error;
    phase.value = more ? "ready" : "idle";
    if (error.code === "invalid_search") mistake.value = error.message;
    else toast(common.failed.reason(text.failed.load, reason(error)), { urgent: true });
    return false;
  }
}

function show(at: number): void {
  const id = within.peek();
  const message = found.peek()[at];
  // Whoever has gone to another conversation meanwhile stays there.
  if (!id || !message || !isFinding.peek()) return;
  position.value = at;
  showMessage(id, message);
}

/** Shows the next older message, or the next newer one; after the last one the first. */
export async function step(by: 1 | -1): Promise<void> {
  if (typed.peek() !== sought.peek() || phase.peek() === "idle") return seek();
  const at = position.peek() + by;
  if (at >= found.peek().length && cursor.peek() && !(await load(true))) return;
  const { length } = found.peek();
  if (length) show((at + length) % length);
}

/** Asks for what is typed, and shows the newest message that holds it. */
export async function seek(): Promise<void> {
  sought.value = typed.peek();
  found.value = [];
  cursor.value = null;
  position.value = 0;
  if (!sought.peek().trim()) {
    asked.abort();
    phase.value = "idle";
    return;
  }
  if (await load(false)) show(0);
}

/** Asks for what is typed as soon as nothing more is. Returns what ends it. */
export function followTyping(): () => void {
  return effect(() => {
    if (typed.value === sought.peek()) return undefined;
    const timer = setTimeout(() => void seek(), PAUSE);
    return () => clearTimeout(timer);
  });
}
