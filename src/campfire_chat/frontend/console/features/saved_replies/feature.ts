import { createChunk } from "../../../common/chunk";
import { openDialog, openMenu } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import type { Feature } from "../../shell/registry";
import { navigate, screen } from "../../shell/router";
import { text as common } from "../../ui/strings";
import { openId } from "../conversations/route";
import { FIELD } from "../messages/focus";
import { DeleteDialog } from "./DeleteDialog";
import { EditDialog } from "./EditDialog";
import { EDIT, NEW, PICK, REMOVE } from "./names";
import { changed, deleted, mayCreate, reload } from "./replies";
import { ReplyMenu } from "./ReplyMenu";
// Not with the screen: what is tried again under another address would come without it.
import "./saved_replies.css";
import { text } from "./strings";

const code = createChunk(() => import("./RepliesScreen"));
const { keys } = text;
const PERMISSION = "saved_replies.read";
const PATH = "saved-replies";
const go = () => navigate(`#/${PATH}`);

export const SAVED_REPLIES: Feature = {
  name: "saved_replies",
  events: {
    "saved_reply.changed": ({ data }) => void changed(data),
    "saved_reply.deleted": ({ data }) => deleted(data),
  },
  reload,
  screens: [
    {
      path: PATH,
      title: () => text.title,
      icon: "reply",
      permission: PERMISSION,
      component: code,
      rail: () => [
        {
          key: PATH,
          label: text.short,
          icon: "reply",
          current: screen.value?.path === PATH,
          go,
        },
      ],
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
            { label: keys.search, keys: ["/"], run: () => code.ready?.search() ?? false },
          ],
        },
      ],
    },
  ],
  composerTools: [
    { label: text.insert, icon: "reply", menu: PICK, permission: PERMISSION, trigger: "/" },
  ],
  menus: { [PICK]: { title: text.title, untitled: true, Content: ReplyMenu } },
  dialogs: { [EDIT]: EditDialog, [REMOVE]: DeleteDialog },
  commands: () => [
    ...(may(PERMISSION) && screen.value?.path !== PATH
      ? [{ key: "saved-replies:go", label: common.go(text.title), run: go }]
      : []),
    ...(openId.value && may(PERMISSION) && document.getElementById(FIELD)
      ? [
          {
            key: "saved-replies:insert",
            label: text.insert,
            run: () => openMenu(PICK, document.getElementById(FIELD)),
          },
        ]
      : []),
    ...(mayCreate()
      ? [
          {
            key: "saved-replies:create",
            label: text.createCommand,
            run: () => openDialog(EDIT, NEW),
          },
        ]
      : []),
  ],
};
