import type { Chat } from "./chat";
import { text } from "./messages";

/** One calm line when something is not as it should be. */
export function Notice({ chat }: { chat: Chat }) {
  const { phase, connection, troubled } = chat.state;
  const failed = phase === "failed";
  const said = failed
    ? text.unreachable
    : connection === "forbidden"
      ? text.forbidden
      : troubled
        ? text.reconnecting
        : "";
  return (
    <div role="status" class={said && "notice"}>
      {said}{" "}
      {failed && (
        <button class="link" onClick={chat.retry}>
          {text.retry}
        </button>
      )}
    </div>
  );
}
