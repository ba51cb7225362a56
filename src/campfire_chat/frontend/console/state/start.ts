import { effect } from "@preact/signals";
import { reduce } from "../../shared/reducers";
import type { EventPage } from "../../shared/types";
import { INBOX } from "../features/conversations/reducers";
import { text } from "../messages";
import { loadDrafts, watchLeaving } from "./composer";
import { api, connection, covered, identify, linkState, me, phase, polling } from "./core";
import { loadCounts, waitingTotal } from "./counts";
import { watchOrder } from "./held";
import { loadInbox, reloadInbox, view } from "./lists";
import { watchReading } from "./reading";
import { openId } from "./route";
import { startSending } from "./sending";
import { loadTeam } from "./team";
import { closeThread, openThread } from "./thread";

/** Seconds until the page asks again by itself whether the server is back. */
const RETRY = 5;

let running = false;

const inbox = () => `inbox:${me.peek()?.organization ?? "default"}`;

/** @param replay Where the inbox stands, asked for before the lists: what comes later is an event. */
function run({ head, epoch }: EventPage): void {
  running = true;
  loadDrafts();
  startSending();
  const position = { after: head, epoch };
  connection.subscribe(inbox(), position, {
    onEvent: (event) => reduce(INBOX, undefined, event),
    onReset: () => void reloadInbox(),
  });
  connection.start();
  watchReading();
  watchLeaving();
  watchOrder();
  void loadInbox();
  effect(() => {
    if (openId.value) openThread(openId.value);
    else closeThread();
  });
}

export async function start(): Promise<void> {
  if (await identify()) {
    const replay = running
      ? null
      : await api
          .get<EventPage>(`streams/${encodeURIComponent(inbox())}/events`, { limit: 1 })
          .catch(() => null);
    // Somebody may have asked twice, and the other one was faster.
    if (running) return connection.start();
    if (replay) return run(replay);
    phase.value = "unreachable";
  }
  if (phase.peek() === "unreachable") setTimeout(() => void start(), RETRY * 1000);
}

// Presence is not replayed: it is asked for whenever a connection begins.
connection.on("welcome", () => {
  polling.value = false;
  void loadTeam();
  loadCounts();
});

connection.on("state", (state) => {
  linkState.value = state;
  polling.value = connection.transport === "poll";
  // Refused for good: find out whether this is still an agent.
  if (state === "forbidden") void identify();
});

effect(() => {
  const waiting = phase.value === "ready" && !covered.value ? waitingTotal.value : 0;
  document.title = text.title(waiting, text.views[view.value]);
});
