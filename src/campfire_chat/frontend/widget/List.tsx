import { Avatar } from "./Avatar";
import { state } from "./chat";
import { day, time } from "./format";
import { markup } from "./Marked";
import { text } from "./strings";
import { enter } from "./rooms";

/** The visitor's conversations, the latest first. */
export function List() {
  const { rooms, me } = state;
  return (
    <>
      <ul>
        {rooms.map((room) => {
          const { info, key } = room;
          const last = info.last_message;
          if (!last) return null;
          const { assignee, unread, subject } = info;
          const when = day(last.at);
          // What an event has told has its marks still.
          const says = markup.ready?.plain(last.text) ?? last.text;
          return (
            <li key={key}>
              <button onClick={() => enter(room)}>
                <Avatar person={assignee} />
                <span class="what">
                  <b dir="auto">{subject ?? assignee?.name ?? text.agent}</b>
                  <p dir="auto">{last.sender.id === me ? text.you(says) : says}</p>
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
      <button class="new" onClick={() => enter(null)}>
        {text.newConversation}
      </button>
    </>
  );
}
