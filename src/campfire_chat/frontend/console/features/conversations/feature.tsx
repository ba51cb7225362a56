import type { ComponentType } from "preact";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import type { Feature, Menu } from "../../shell/registry";
import { AssignMenu } from "./AssignMenu";
import { BACKGROUND } from "./background";
import { commands, FINDER, inboxCommands } from "./commands";
import { InboxScreen } from "./InboxScreen";
import { view } from "./lists";
import { PriorityMenu } from "./PriorityMenu";
import { rail } from "./rail";
import { openId, PATH } from "./route";
import { SHORTCUTS } from "./shortcuts";
import { SnoozeMenu } from "./SnoozeMenu";
import { StatusMenu } from "./StatusMenu";
import { TagsMenu } from "./TagsMenu";
import { TeamMenu } from "./TeamMenu";

/** A menu about the open conversation. */
const menu = (title: string, Inner: ComponentType<{ conversation: string }>): Menu => ({
  title,
  Content: () => (openId.value ? <Inner conversation={openId.value} /> : null),
});

export const CONVERSATIONS: Feature = {
  ...BACKGROUND,
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
  commands,
  finder: FINDER,
  menus: {
    assign: menu(text.assignTo, AssignMenu),
    status: menu(common.setStatus, StatusMenu),
    snooze: menu(text.snoozeUntil, SnoozeMenu),
    priority: menu(text.priority, PriorityMenu),
    team: menu(text.team, TeamMenu),
    tags: menu(text.tags, TagsMenu),
  },
};
