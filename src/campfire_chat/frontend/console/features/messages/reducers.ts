import { isAttentive } from "../../../common/reading";
import type { Reducers } from "../../../common/reducers";
import type { Message } from "../../../common/types";
import { participantName } from "../../ui/format";
import { text } from "./strings";
import { isMe } from "../../shell/session";
import { announce } from "../../shell/overlay";
import { said } from "./said";
import { noteArrival } from "./seen";
import { changeMessage, putMessage, stopTyping, type Thread } from "./thread";

/** Whether the "New" line already stands before something unread. */
function newSince(opened: Thread): boolean {
  const first = opened.messages.peek().get(opened.firstUnread.peek() ?? "");
  return first !== undefined && first.seq > opened.mark.peek();
}

const changeBy = (opened: Thread, { actor, ...message }: Message & { actor: unknown }) =>
  changeMessage(opened, message);

/** What the events of messages do to an open conversation. */
export const MESSAGES: Reducers<Thread, "conversation" | "notes", "message"> = {
  "message.created"(opened, message) {
    const known = opened.messages.peek().has(message.id);
    const own = isMe(message.sender);
    // What comes while nobody looks is new when somebody looks again.
    if (!known && !isAttentive() && !own && !newSince(opened)) {
      opened.firstUnread.value = message.visibility === "public" ? message.id : null;
    }
    if (!known) noteArrival(opened, message);
    putMessage(opened.changes.get(message.id) ?? message);
    stopTyping(opened, message.sender);
    if (!known && !own) announce(text.announced(participantName(message.sender), said(message)));
  },
  "message.updated": changeMessage,
  "message.deleted": changeBy,
  "message.redacted": changeBy,
};
