import { createChunk } from "../../../common/chunk";
import type { Feature } from "../../shell/registry";
import { ColumnsMenu } from "./ColumnsMenu";
import { besideCode } from "./ContactBeside";
import { COLUMNS_MENU } from "./focus";
// Not with the screen: what is tried again under another address would come without it.
import "./contacts.css";
import { FINDER } from "./finder";
import { PATH, shownId } from "./route";
import { text } from "./strings";

const code = createChunk(() => import("./ContactsScreen"));
const { keys } = text;

export const CONTACTS: Feature = {
  name: "contacts",
  events: {
    "conversation.updated": ({ data }) => code.ready?.touched(data),
    "contact.updated": ({ data }) => {
      code.ready?.changed(data);
      besideCode.ready?.renewBeside(data.id);
    },
  },
  reload: () => code.ready?.renew(),
  screens: [
    {
      path: PATH,
      title: () => text.title,
      icon: "contacts",
      permission: "contacts.read",
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
            { label: keys.open, keys: ["Enter"] },
            { label: keys.search, keys: ["/"], run: () => code.ready?.search() ?? false },
            { label: keys.columns, keys: ["L"], run: () => code.ready?.chooseColumns() ?? false },
            {
              label: keys.block,
              keys: ["B"],
              run: () => {
                if (!shownId() || !code.ready) return false;
                void code.ready.toggleBlocked();
                return true;
              },
            },
            { label: keys.back, keys: ["Esc"], run: () => code.ready?.back() ?? false },
          ],
        },
      ],
    },
  ],
  finder: FINDER,
  menus: { [COLUMNS_MENU]: { title: text.columns, Content: ColumnsMenu } },
};
