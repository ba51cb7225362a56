import { createChunk } from "../../../common/chunk";
import type { Feature } from "../../shell/registry";
// Not with the screen: what is tried again under another address would come without it.
import "./keys.css";
import { text } from "./strings";

const code = createChunk(() => import("./KeysScreen"));
const renew = () => void code.ready?.reload();

export const API_KEYS: Feature = {
  name: "api_keys",
  screens: [
    {
      path: "api-keys",
      title: () => text.title,
      icon: "lock",
      permission: "api_keys.manage",
      component: code,
      shortcuts: [
        {
          title: text.keys.group,
          shortcuts: [
            { label: text.keys.create, keys: ["N"], run: () => code.ready?.createKey() ?? false },
            {
              label: text.keys.next,
              keys: ["J", "↓"],
              repeats: true,
              run: (_, event) => code.ready?.moveFocus(1, event) ?? false,
            },
            {
              label: text.keys.previous,
              keys: ["K", "↑"],
              repeats: true,
              run: (_, event) => code.ready?.moveFocus(-1, event) ?? false,
            },
            {
              label: text.keys.rotate,
              keys: ["R"],
              run: () => code.ready?.rotateFocused() ?? false,
            },
            {
              label: text.keys.revoke,
              keys: ["Delete"],
              run: () => code.ready?.revokeFocused() ?? false,
            },
          ],
        },
      ],
      commands: () => [
        { key: "api-keys:create", label: text.create, run: () => void code.ready?.createKey() },
      ],
    },
  ],
  // Only once the screen was opened, by somebody who may see it.
  events: { "api_key.created": renew, "api_key.rotated": renew, "api_key.revoked": renew },
};
