import { createChunk } from "../../../common/chunk";
import { openDialog } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import type { Feature } from "../../shell/registry";
import { navigate, screen } from "../../shell/router";
import { text as common } from "../../ui/strings";
import { touched } from "./counts";
import { DeleteDialog } from "./DeleteDialog";
import { EditDialog } from "./EditDialog";
import { MergeDialog } from "./MergeDialog";
import { EDIT, MERGE, NEW, REMOVE } from "./names";
import { text } from "./strings";
import { changed, deleted, mayCreate, reload } from "./tags";
// Not with the screen: lists and threads show tags too.
import "./tags.css";

const code = createChunk(() => import("./TagsScreen"));
const { keys } = text;
const PERMISSION = "tags.read";
const PATH = "tags";
const go = () => navigate(`#/${PATH}`);

export const TAGS: Feature = {
  name: "tags",
  events: {
    "tag.changed": ({ data }) => changed(data),
    "tag.deleted": ({ data }) => {
      deleted(data);
      touched();
    },
    "conversation.updated": touched,
  },
  reload,
  screens: [
    {
      path: PATH,
      title: () => text.title,
      icon: "tag",
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
            { label: keys.edit, keys: ["E"], run: () => code.ready?.editFocused() ?? false },
            { label: keys.merge, keys: ["M"], run: () => code.ready?.mergeFocused() ?? false },
            { label: keys.remove, keys: ["Delete"], run: () => code.ready?.removeFocused() ?? false },
            { label: keys.search, keys: ["/"], run: () => code.ready?.search() ?? false },
          ],
        },
      ],
    },
  ],
  dialogs: { [EDIT]: EditDialog, [MERGE]: MergeDialog, [REMOVE]: DeleteDialog },
  commands: () => [
    ...(may(PERMISSION) && screen.value?.path !== PATH
      ? [{ key: "tags:go", label: common.go(text.title), run: go }]
      : []),
    ...(mayCreate()
      ? [{ key: "tags:create", label: text.createCommand, run: () => openDialog(EDIT, NEW) }]
      : []),
  ],
};
