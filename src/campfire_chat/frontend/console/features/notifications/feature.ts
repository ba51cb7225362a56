import { createChunk } from "../../../common/chunk";
import { may } from "../../shell/permissions";
import type { Feature } from "../../shell/registry";
import { navigate, screen } from "../../shell/router";
import { text as common } from "../../ui/strings";
// Not with the screen: what is tried again under another address would come without it.
import "./notifications.css";
import { text } from "./strings";
import { created, PERMISSION, refresh, unreadShown, watchUnread } from "./unread";

export const PATH = "notifications";

const code = createChunk(() => import("./NotificationsScreen"));
const { keys } = text;
const go = () => navigate(`#/${PATH}`);

export const NOTIFICATIONS: Feature = {
  name: "notifications",
  events: {
    "notification.created": ({ data }) => {
      created(data);
      code.ready?.touched();
    },
    "notification.read": () => {
      refresh();
      code.ready?.touched();
    },
  },
  begin: watchUnread,
  reload() {
    refresh();
    code.ready?.touched();
  },
  screens: [
    {
      path: PATH,
      title: () => text.title,
      icon: "bell",
      permission: PERMISSION,
      component: code,
      rail: () => {
        const count = unreadShown.value;
        return [
          {
            key: PATH,
            label: text.title,
            icon: "bell",
            current: screen.value?.path === PATH,
            ...(count && { count: { shown: count, label: text.unread(count), quiet: false } }),
            go,
          },
        ];
      },
      shortcuts: [
        {
          title: keys.group,
          shortcuts: [
            {
              label: keys.next,
              keys: ["J", "↓"],
              repeats: true,
              run: (_, event) => code.ready?.moveFocus(1, event) ?? false,
            },
            {
              label: keys.previous,
              keys: ["K", "↑"],
              repeats: true,
              run: (_, event) => code.ready?.moveFocus(-1, event) ?? false,
            },
            { label: keys.open, keys: ["Enter"] },
            {
              label: keys.markAll,
              keys: ["E"],
              run() {
                void code.ready?.markAll();
                return true;
              },
            },
          ],
        },
      ],
    },
  ],
  commands: () =>
    may(PERMISSION) && screen.value?.path !== PATH
      ? [{ key: "notifications:go", label: common.go(text.title), run: go }]
      : [],
};
