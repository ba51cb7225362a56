import { computed, signal } from "@preact/signals";
import type { Tallies } from "../../../common/types";
import { api, connection } from "../../shell/session";
import { team } from "./team";

/** Milliseconds between two requests, however much happens. */
const PAUSE = 1000;

/** How many open conversations each view has, as the server counts them. */
export const counts = signal<Tallies | null>(null);

/** Those that wait for an answer of this agent, or of anybody. */
export const waitingTotal = computed(() => {
  const now = counts.value;
  return now ? now.mine.waiting + now.unassigned.waiting : 0;
});

let timer = 0;
let asking = false;
let again = false;

async function ask(): Promise<void> {
  timer = 0;
  asking = true;
  const of = team.peek();
  try {
    const found = await api.get<Tallies>("conversations/counts", { team: of });
    if (of === team.peek()) counts.value = found;
  } catch {
    // The numbers stay as they are; the next change, or the next connection, asks again.
  }
  asking = false;
  // Another team was chosen meanwhile.
  if (of !== team.peek()) return ask();
  timer = window.setTimeout(() => {
    timer = 0;
    if (again) loadCounts();
  }, PAUSE);
}

/** Asks at once, or soon when that was just done. */
export function loadCounts(): void {
  again = Boolean(timer) || asking;
  if (!again) void ask();
}

/** Asks at once: other conversations are counted than before. */
export function recount(): void {
  window.clearTimeout(timer);
  timer = 0;
  loadCounts();
}

connection.on("welcome", loadCounts);
