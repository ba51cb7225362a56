import { Avatar } from "./Avatar";
import type { Chat } from "./chat";
import { day, time } from "./format";
import { text } from "./messages";

/** The visitor's conversations, the latest first. */
export function List({ chat }: { chat: Chat }) {
  const { rooms, me } = chat.state;
  return (
    <div class="list">
      <ul>
        {rooms.map((room) => {
          const { info } = room;
          const last = info?.last_message;
          if (!info || !last) return null;
          const { assignee, unread } = info;
          const when = day(last.at);
          return (
            <li key={room.key}>
              <button onClick={() => chat.enter(room)}>
                <Avatar name={assignee?.name ?? text.agent} url={assignee?.avatar_url ?? null} />
                <span class="what">
                  <b>{info.subject ?? assignee?.name ?? text.agent}</b>
                  <span>{last.sender.id === me ? text.you(last.text) : last.text}</span>
                </span>
                <span class="when">
                  {when === text.today ? time(last.at) : when}
                  {unread > 0 && (
                    <b role="img" aria-label={text.unread(unread)}>
                      {unread}
                    </b>
                  )}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      <button class="new" onClick={() => chat.enter(null)}>
        {text.newConversation}
      </button>
    </div>
  );
}
