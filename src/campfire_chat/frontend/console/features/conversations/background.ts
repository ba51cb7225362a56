import { effect } from "@preact/signals";
import type { Background } from "../../shell/registry";
import { closeThread, openThread } from "../messages/thread";
import { waitingTotal } from "./counts";
import { watchOrder } from "./held";
import { loadInbox, reloadInbox, watchTeam } from "./lists";
import { INBOX } from "./reducers";
import { openId } from "./route";

export const BACKGROUND: Background = {
  events: INBOX,
  waiting: () => waitingTotal.value,
  begin() {
    watchOrder();
    watchTeam();
    void loadInbox();
    effect(() => {
      if (openId.value) openThread(openId.value);
      else closeThread();
    });
  },
  reload: () => void reloadInbox(),
};
