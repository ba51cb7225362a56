import { effect } from "@preact/signals";
import { text } from "../messages";
import { loadDrafts, watchLeaving } from "./composer";
import { connection, identify, linkState, me, phase, polling } from "./core";
import { loadInbox, putSummary, reloadInbox, unreadTotal, view } from "./inbox";
import { confirmDelivery, watchReading } from "./reading";
import { openId } from "./route";
import { startSending } from "./sending";
import { loadTeam } from "./team";
import { closeThread, openThread, refreshPresence } from "./thread";

/** Seconds until the page asks again by itself whether the server is back. */
const RETRY = 5;

let running = false;

function run(): void {
  const organization = me.peek()?.organization ?? "default";
  loadDrafts();
  startSending();
  // Lists that were asked for before the server named the inbox's position may lack what came in
  // between, and no event will tell.
  let positioned = false;
  connection.subscribe(
    `inbox:${organization}`,
    {},
    {
      onEvent(event) {
        if (event.event !== "conversation.updated") return;
        putSummary(event.data);
        confirmDelivery(event.data);
      },
      onHead() {
        if (!positioned) void reloadInbox();
        positioned = true;
      },
      onReset: () => void reloadInbox(),
    },
  );
  connection.start();
  watchReading();
  watchLeaving();
  void loadInbox();
  effect(() => {
    if (openId.value) openThread(openId.value);
    else closeThread();
  });
}

export async function start(): Promise<void> {
  if (await identify()) {
    if (!running) run();
    else connection.start();
    running = true;
  } else if (phase.peek() === "unreachable") {
    setTimeout(() => void start(), RETRY * 1000);
  }
}

// Presence is not replayed: it is asked for whenever a connection begins.
connection.on("welcome", () => {
  polling.value = false;
  void loadTeam();
  void refreshPresence();
});

connection.on("state", (state) => {
  linkState.value = state;
  polling.value = connection.transport === "poll";
  // Refused for good: find out whether this is still an agent.
  if (state === "forbidden") void identify();
});

effect(() => {
  const unread = phase.value === "ready" ? unreadTotal.value : 0;
  document.title = text.title(unread, text.views[view.value]);
});
