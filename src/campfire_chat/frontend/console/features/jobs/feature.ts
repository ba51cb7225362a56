import { createChunk } from "../../../common/chunk";
import type { Feature } from "../../shell/registry";
// Not with the screen: what is tried again under another address would come without it.
import "./jobs.css";
import { text } from "./strings";

const code = createChunk(() => import("./JobsScreen"));
const { keys } = text;

export const JOBS: Feature = {
  name: "jobs",
  screens: [
    {
      path: "jobs",
      title: () => text.title,
      icon: "clock",
      permission: "jobs.manage",
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
            { label: keys.retry, keys: ["R"], run: () => code.ready?.retryFocused() ?? false },
            { label: keys.drop, keys: ["Delete"], run: () => code.ready?.dropFocused() ?? false },
          ],
        },
      ],
      commands: () => [
        { key: "jobs:refresh", label: text.refresh, run: () => void code.ready?.reload() },
      ],
    },
  ],
};
