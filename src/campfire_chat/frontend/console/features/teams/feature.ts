import { createChunk } from "../../../common/chunk";
import { openDialog } from "../../shell/overlay";
import type { Feature } from "../../shell/registry";
import { navigate } from "../../shell/router";
import { EDIT, NEW } from "./names";
import { drop, load, mayManage, set } from "./teams";
// Not with the screen: what is tried again under another address would come without it.
import "./teams.css";
import { text } from "./strings";

const code = createChunk(() => import("./TeamsScreen"));
const { keys } = text;
const PATH = "teams";

export const TEAMS: Feature = {
  name: "teams",
  events: {
    "team.created": ({ data }) => set(data.team),
    "team.changed": ({ data }) => set(data.team),
    "team.deleted": ({ data }) => drop(data.id),
  },
  reload: () => void load(),
  screens: [
    {
      path: PATH,
      title: () => text.title,
      icon: "team",
      permission: "teams.read",
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
            { label: keys.edit, keys: ["E"], run: () => code.ready?.editFocused() ?? false },
            { label: keys.remove, keys: ["Delete"], run: () => code.ready?.removeFocused() ?? false },
          ],
        },
      ],
    },
  ],
  commands: () =>
    mayManage()
      ? [
          {
            key: "teams:create",
            label: text.createCommand,
            run: () => {
              navigate(`#/${PATH}`);
              openDialog(EDIT, NEW);
            },
          },
        ]
      : [],
};
