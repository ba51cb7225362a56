/** A chat from its beginning to its end, as the launcher uses it. */
import { listen, listenAgain } from "../common/listen";
import { onAttention } from "../common/reading";
import { session, setChat, show, state } from "./chat";
import type { Host, Panel } from "./host";
import { begin, look, settle } from "./marks";
import { catchUp } from "./rooms";
import { hasEarly } from "./sending";
import { stopTyping } from "./typing";
import {
  beginVisit,
  check,
  discover,
  doubt,
  endVisit,
  start,
  storageChanged,
  wake,
} from "./visit";

/** @param render Called whenever the state may look different. */
export function beginChat(host: Host, render: () => void): Panel {
  setChat(host, render, doubt);
  beginVisit();
  const deaf = [
    onAttention(attended),
    listen(window, "storage", storageChanged),
    listen(document, "pointerdown", wake, true),
  ];
  // Somebody who has been here before: keep the unread badge right while the panel is closed.
  if (session.known() || hasEarly()) void start();
  return {
    toggled,
    identified() {
      if (state.phase === "ready") doubt().catch(() => undefined);
      else if (session.known()) void start();
    },
    moved() {
      listenAgain();
      show({ moved: true });
      settle();
    },
    shutdown() {
      for (const stop of deaf) stop();
      endVisit();
    },
  };
}

/** The tab or the window is looked at, or is not any more. */
function attended(): void {
  if (!document.hidden) void discover();
  look();
  settle();
}

function toggled(open: boolean): void {
  state.open = state.focus = open;
  if (open) {
    begin(state.room);
    if (state.phase === "ready" && session.bySession()) check();
    void start();
    void catchUp(state.room);
  } else stopTyping();
  settle();
}
