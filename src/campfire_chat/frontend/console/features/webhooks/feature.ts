import { createChunk } from "../../../shared/chunk";
import { toast } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import type { Feature } from "../../shell/registry";
import { navigate } from "../../shell/router";
// Not with the screen: what is tried again under another address would come without it.
import "./webhooks.css";
import { text } from "./strings";

const code = createChunk(() => import("./WebhooksScreen"));
const { keys } = text;
const PERMISSION = "webhooks.manage";

export const WEBHOOKS: Feature = {
  name: "webhooks",
  events: {
    "webhook.changed": () => void code.ready?.reload(),
    "webhook.paused": ({ data: { id, description } }) => {
      if (!may(PERMISSION)) return;
      void code.ready?.reload();
      const run = () => navigate(`#/webhooks/${encodeURIComponent(id)}`);
      toast(text.pausedNotice(description), { urgent: true, action: { label: text.look, run } });
    },
  },
  screens: [
    {
      path: "webhooks",
      title: () => text.title,
      icon: "send",
      permission: PERMISSION,
      component: code,
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
            { label: keys.create, keys: ["N"], run: () => code.ready?.create() ?? false },
            { label: keys.test, keys: ["T"], run: () => code.ready?.testShown() ?? false },
          ],
        },
      ],
      commands: () => [
        { key: "webhooks:create", label: text.create, run: () => void code.ready?.create() },
      ],
    },
  ],
};
