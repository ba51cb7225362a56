import type { Chat } from "./chat";
import { text } from "./messages";

/** One calm line when something is not as it should be. */
export function Notice({ chat }: { chat: Chat }) {
  const { phase, refusal, connection, trouble, covered } = chat.state;
  const failed = phase === "failed";
  const said = failed
    ? refusal || text.unreachable
    : phase === "ended"
      ? text.ended
    : connection === "forbidden"
      ? text.forbidden
      : trouble
        ? text.reconnecting
        : covered && text.checking;
  return (
    <div role="status" class={said ? "notice" : ""}>
      {said}
      {failed && (
        <button class="link" onClick={chat.start}>
          {text.retry}
        </button>
      )}
    </div>
  );
}
