import type { Reducers } from "../../common/reducers";
import type { Message } from "../../common/types";
import { host, isMine, state } from "../chat";
import { isShown, unreadIn } from "../marks";
import { merge, type Listed } from "../state";
import { showTyping } from "../rooms";

function change(room: Listed, data: Message): void {
  const { last_message } = room.info;
  room.changes.set(data.id, data);
  merge(room, room.messages);
  if (last_message?.id === data.id) last_message.text = data.body;
}

const changeBy = (room: Listed, { actor, ...message }: Message & { actor: unknown }) =>
  change(room, message);

export const MESSAGES: Reducers<Listed, "conversation", "message"> = {
  "message.created"(room, data) {
    const { id, seq, at, sender, body: text } = data;
    const { info } = room;
    merge(room, [...room.messages, data]);
    info.last_activity_at = at;
    info.last_message = { id, seq, at, sender, text };
    state.sent = state.sent.filter(({ client_id }) => client_id !== data.client_id);
    if (isMine(sender)) return;
    info.unread++;
    showTyping(room, null);
    // What comes while nobody looks is new when somebody looks again.
    if (!isShown(room) && unreadIn(room).length === 1) room.newFrom = id;
    host.emit("message", data);
  },
  "message.updated": change,
  "message.deleted": changeBy,
  "message.redacted": changeBy,
};
