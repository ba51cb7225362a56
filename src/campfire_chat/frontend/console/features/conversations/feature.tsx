import { effect } from "@preact/signals";
import type { ComponentType } from "preact";
import { text } from "../../messages";
import type { Feature, Menu } from "../../shell/registry";
import { closeThread, openThread } from "../messages/thread";
import { AssignMenu } from "./AssignMenu";
import { commands, FINDER, inboxCommands } from "./commands";
import { waitingTotal } from "./counts";
import { watchOrder } from "./held";
import { InboxScreen } from "./InboxScreen";
import { loadInbox, reloadInbox, view } from "./lists";
import { PriorityMenu } from "./PriorityMenu";
import { rail } from "./rail";
import { INBOX } from "./reducers";
import { openId, PATH } from "./route";
import { SHORTCUTS } from "./shortcuts";
import { SnoozeMenu } from "./SnoozeMenu";
import { StatusMenu } from "./StatusMenu";
import { TagsMenu } from "./TagsMenu";

/** A menu about the open conversation. */
const menu = (title: string, Inner: ComponentType<{ conversation: string }>): Menu => ({
  title,
  Content: () => (openId.value ? <Inner conversation={openId.value} /> : null),
});

export const CONVERSATIONS: Feature = {
  name: "conversations",
  screens: [
    {
      path: PATH,
      title: () => text.views[view.value],
      icon: "all",
      permission: null,
      component: InboxScreen,
      rail,
      fills: () => openId.value !== null,
      skip: { label: text.skip, id: "thread" },
      shortcuts: SHORTCUTS,
      commands: inboxCommands,
    },
  ],
  events: INBOX,
  commands,
  finder: FINDER,
  menus: {
    assign: menu(text.assignTo, AssignMenu),
    status: menu(text.setStatus, StatusMenu),
    snooze: menu(text.snoozeUntil, SnoozeMenu),
    priority: menu(text.priority, PriorityMenu),
    tags: menu(text.tags, TagsMenu),
  },
  waiting: () => waitingTotal.value,
  begin() {
    watchOrder();
    void loadInbox();
    effect(() => {
      if (openId.value) openThread(openId.value);
      else closeThread();
    });
  },
  reload: () => void reloadInbox(),
};
