import { Avatar } from "./Avatar";
import { host, show, state } from "./chat";
import { Icon } from "./icons";
import { text } from "./strings";

/** Who is there: the agent of the conversation, or the team. */
export function Header() {
  const { view, room, rooms, phase, connection, trouble } = state;
  const list = view === "list";
  const agent = list ? null : room.info?.assignee;
  // Who is there is not known while nothing is heard.
  const known = phase === "ready" && !trouble && connection !== "forbidden";
  const availability = known
    ? ((agent && room.info?.assignee_availability) ?? state.availability)
    : undefined;
  const others = rooms.some((other) => other !== room && other.info.unread);
  return (
    <header>
      {!list && rooms.length > 0 && (
        <button class="plain" aria-label={text.back} onClick={() => show({ view: "list" })}>
          <Icon name="back" />
          {others && <i class="dot" />}
        </button>
      )}
      <Avatar person={agent ?? text.team} availability={availability} />
      <div class="what">
        <h2 dir="auto">{list ? text.conversations : (agent?.name ?? text.title)}</h2>
        <p>{availability ? text.availability[availability] : "\xa0"}</p>
      </div>
      <button class="plain shut" aria-label={text.close} onClick={host.close}>
        <Icon name="close" />
      </button>
    </header>
  );
}
