import { createChunk } from "../../../common/chunk";
import type { SearchHit } from "../../../common/types";
import type { Command, Feature } from "../../shell/registry";
import { contactName } from "../../ui/format";
import { go } from "../conversations/route";
import { text as conversations } from "../conversations/strings";
import { shown } from "../mentions/mentions";
import { goToMessage } from "../messages/wanted";
import { found, mayFind } from "./asking";
import { goToSearch, PATH } from "./route";
// Not with the screen: what is tried again under another address would come without it.
import "./search.css";
import { text } from "./strings";

const MOST = 8;

const code = createChunk(() => import("./SearchScreen"));
const { keys } = text;

const commandOf = ({ kind, message_id, text: said, conversation }: SearchHit): Command => ({
  key: `found:${message_id}`,
  label: kind === "note" ? text.note(shown(said)) : said,
  hint: `${conversations.number(conversation.number)} · ${contactName(conversation.contact)}`,
  run: () => (message_id ? goToMessage(conversation.id, message_id) : go(conversation.id)),
});

/** Goes to the screen, and looks for some words there. */
function searchFor(words: string): void {
  goToSearch();
  code.attempt().then(
    ({ seek }) => seek(words),
    // The screen says it.
    () => undefined,
  );
}

export const SEARCH: Feature = {
  name: "search",
  finder: {
    title: text.group,
    find: () => [],
    /** What was said. Conversations have a finder of their own; an id alone means one of them. */
    search: async (typed, signal) =>
      /^conv_\w+$/i.test(typed.trim())
        ? []
        : (await found(typed, ["messages", "notes"], MOST, signal)).map(commandOf),
    offer: (typed) =>
      mayFind()
        ? [{ key: "search-for", label: text.searchFor(typed), run: () => searchFor(typed) }]
        : [],
  },
  shortcuts: [
    {
      label: keys.everywhere,
      keys: ["Q"],
      run() {
        if (!mayFind()) return false;
        goToSearch();
        code.ready?.focusField();
        return true;
      },
    },
  ],
  screens: [
    {
      path: PATH,
      title: () => text.title,
      icon: "search",
      permission: "inbox.read",
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
            { label: keys.field, keys: ["/"], run: () => code.ready?.focusField() ?? false },
          ],
        },
      ],
    },
  ],
};
