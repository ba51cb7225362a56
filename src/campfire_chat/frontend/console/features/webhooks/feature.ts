import { createChunk } from "../../../common/chunk";
import type { WebhookRecord } from "../../../common/types";
import { toast } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import type { Feature } from "../../shell/registry";
import { navigate } from "../../shell/router";
import { api } from "../../shell/session";
// Not with the screen: what is tried again under another address would come without it.
import "./webhooks.css";
import { text } from "./strings";

const code = createChunk(() => import("./WebhooksScreen"));
const { keys } = text;
const PERMISSION = "webhooks.manage";
const at = (id: string): string => `webhooks/${encodeURIComponent(id)}`;

/** The host of its URL, which the event does not show; empty if that cannot be found out. */
async function hostOf(id: string): Promise<string> {
  try {
    return new URL((await api.get<WebhookRecord>(at(id))).url).host;
  } catch {
    // That it was paused matters more than its name.
    return "";
  }
}

async function tellPaused(id: string, description: string): Promise<void> {
  const notice = text.pausedNotice(description || (await hostOf(id)));
  toast(notice, { urgent: true, action: { label: text.look, run: () => navigate(`#/${at(id)}`) } });
}

export const WEBHOOKS: Feature = {
  name: "webhooks",
  events: {
    "webhook.changed": () => void code.ready?.reload(),
    "webhook.paused": ({ data: { id, description } }) => {
      if (!may(PERMISSION)) return;
      void code.ready?.reload();
      void tellPaused(id, description);
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
