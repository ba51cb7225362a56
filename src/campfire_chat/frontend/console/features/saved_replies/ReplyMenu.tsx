import { useEffect } from "preact/hooks";
import { openId } from "../conversations/route";
import { summaryOf } from "../conversations/changes";
import { insert } from "../messages/insertion";
import { closeMenu, openDialog, toast } from "../../shell/overlay";
import { me } from "../../shell/session";
import { Picker, type Option } from "../../ui/Picker";
import type { SavedReplyRecord } from "../../../common/types";
import { find } from "./find";
import { EDIT, NEW } from "./names";
import { ensure, load, mayCreate, phase, replies } from "./replies";
import { text } from "./strings";
import { fill, firstName, type Values } from "./variables";

/** What is known of the people in the open conversation. */
function values(): Values {
  const open = openId.peek();
  const conversation = open ? summaryOf(open) : undefined;
  const contact = conversation?.contact;
  const agent = me.peek()?.name ?? null;
  return {
    "contact.name": contact?.name ?? null,
    "contact.first_name": firstName(contact?.name ?? null),
    "contact.email": contact?.email ?? null,
    "agent.name": agent,
    "agent.first_name": firstName(agent),
    "conversation.subject": conversation?.subject ?? null,
  };
}

function use({ body }: SavedReplyRecord): void {
  const filled = fill(body, values());
  const [first] = filled.gaps;
  closeMenu({ refocus: false });
  // What is to be completed is selected, so that one types over it.
  insert(filled.text, first ?? null);
  if (first) toast(text.unfilled([...new Set(filled.gaps.map(({ name }) => name))]), { urgent: true });
}

const option = ({ id, shortcut, title, body }: SavedReplyRecord): Option => ({
  key: id,
  label: title,
  hint: `/${shortcut}`,
  detail: body.slice(0, 200).replace(/\s+/g, " "),
});

/** Finds a saved reply, and puts it where the cursor is. */
export function ReplyMenu() {
  useEffect(ensure, []);
  const all = replies.value;
  const failed = phase.value === "failed";
  const empty = phase.value === "ready" && !all.length;
  const none = all.length
    ? text.empty.none.title
    : empty
      ? text.empty.title
      : failed
        ? text.failed.load
        : text.loading;
  // The field is there from the beginning: whoever types on does not wait for the list.
  return (
    <div class="saved-reply-menu">
      <Picker
        id="saved-replies-picker"
        label={text.title}
        search={text.searchHere}
        options={[]}
        find={(typed) => find(all, typed).map(option)}
        none={none}
        onPick={(key) => {
          const record = all.find(({ id }) => id === key);
          if (record) use(record);
        }}
      />
      {failed && (
        <p class="saved-reply-none">
          <button type="button" class="button" onClick={() => void load()}>
            {text.retry}
          </button>
        </p>
      )}
      {empty && mayCreate() && (
        <p class="saved-reply-none">
          <button
            type="button"
            class="button"
            onClick={() => {
              closeMenu({ refocus: false });
              openDialog(EDIT, NEW);
            }}
          >
            {text.create}
          </button>
        </p>
      )}
    </div>
  );
}
