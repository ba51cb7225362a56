import { effect, untracked } from "@preact/signals";
import type { EventPage } from "../../common/types";
import { text } from "./strings";
import { dispatch } from "./events";
import { closeDialog, closeMenu } from "./overlay";
import { features } from "./registry";
import { screen, screens } from "./router";
import {
  api,
  bodyLimit,
  connection,
  covered,
  identify,
  linkState,
  me,
  phase,
  polling,
} from "./session";

/** Seconds until the page asks again by itself whether the server is back. */
const RETRY = 5;

let running = false;

/** What all agents see. */
const inbox = () => `inbox:${me.peek()?.organization ?? "default"}`;
/** What is this agent's own. */
const own = () => `agent:${me.peek()?.id}`;

/** Where a stream stands. */
const standing = (stream: string) =>
  api.get<EventPage>(`streams/${encodeURIComponent(stream)}/events`, { limit: 1 });

/**
 * @param pages Where the streams stand, asked for before everything else: what comes later is an
 *   event.
 */
function run([shared, personal]: readonly [EventPage, EventPage]): void {
  running = true;
  for (const { prepare } of features()) prepare?.();
  connection.subscribe(
    inbox(),
    { after: shared.head, epoch: shared.epoch },
    {
      onEvent: dispatch,
      onReset() {
        for (const { reload } of features()) reload?.();
      },
    },
  );
  connection.subscribe(
    own(),
    { after: personal.head, epoch: personal.epoch },
    { onEvent: dispatch, onReset() {} },
  );
  connection.start();
  for (const { begin } of features()) begin?.();
  whenIdle(loadScreens);
}

/** Browsers that know of no idle time do it a moment later. */
function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(work);
  else setTimeout(work, 1000);
}

/** The other screens, so that going there takes no time. */
function loadScreens(): void {
  for (const { component } of screens.peek()) {
    // Who goes there is told of a failure, and can try again.
    if (typeof component !== "function") component.attempt().catch(() => undefined);
  }
}

export async function start(): Promise<void> {
  if (await identify()) {
    const pages = running
      ? null
      : await Promise.all([standing(inbox()), standing(own())]).catch(() => null);
    // Somebody may have asked twice, and the other one was faster.
    if (running) return connection.start();
    if (pages) return run(pages);
    phase.value = "unreachable";
  }
  if (phase.peek() === "unreachable") setTimeout(() => void start(), RETRY * 1000);
}

connection.on("welcome", ({ limits }) => {
  polling.value = false;
  bodyLimit.value = limits.body_characters;
});

connection.on("state", (state) => {
  linkState.value = state;
  polling.value = connection.transport === "poll";
  // Refused for good: find out whether this is still an agent.
  if (state === "forbidden") void identify();
});

/** What the page keeps up while it is open. */
export function watch(): void {
  effect(() => {
    const shown = phase.value === "ready" && !covered.value;
    const waiting = shown
      ? features().reduce((sum, { waiting }) => sum + (waiting?.() ?? 0), 0)
      : 0;
    document.title = text.title(waiting, screen.value?.title() ?? text.product);
  });
  effect(() => {
    // What was open on the screen before is not about this one.
    void screen.value;
    untracked(() => {
      closeMenu({ refocus: false });
      closeDialog();
    });
  });
}
