import { Avatar } from "./Avatar";
import type { Chat } from "./chat";
import { Icon } from "./icons";
import { text } from "./messages";

/** Who is there: the agent of the conversation, or the team. */
export function Header({ chat }: { chat: Chat }) {
  const { view, room, rooms, phase } = chat.state;
  const list = view === "list";
  const agent = list ? null : room.info?.assignee;
  const availability = (agent && room.info?.assignee_availability) ?? chat.state.availability;
  const others = rooms.some((other) => other !== room && other.info?.unread);
  return (
    <header>
      {!list && rooms.length > 0 && (
        <button class="plain" aria-label={text.back} onClick={() => chat.show({ view: "list" })}>
          <Icon name="back" />
          {others && <i class="dot" />}
        </button>
      )}
      <Avatar person={agent} availability={availability} />
      <div class="what">
        <h2 dir="auto">{list ? text.conversations : (agent?.name ?? text.title)}</h2>
        <p>{phase === "ready" ? text.availability[availability] : " "}</p>
      </div>
      <button class="plain shut" aria-label={text.close} onClick={chat.close}>
        <Icon name="close" />
      </button>
    </header>
  );
}
