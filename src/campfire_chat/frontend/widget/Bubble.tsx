import type { OutboxEntry } from "../common/entries";
import type { Message } from "../common/types";
import { Avatar } from "./Avatar";
import { time } from "./format";
import { Icon } from "./icons";
import { Marked } from "./Marked";
import { text } from "./strings";
import { discard, edit, resend } from "./sending";

interface Props {
  mine: boolean;
  /** First and last of what one person said in one go. */
  first: boolean;
  last: boolean;
  message: Message;
  tick: "sent" | "delivered" | "read";
}

export function Bubble({ mine, first, last, message, tick }: Props) {
  const { sender, body, at, edited_at, deleted_at } = message;
  return (
    <div class={(mine ? "row mine " : "row ") + (first && "first")} data-message={message.id}>
      {!mine && last && <Avatar person={sender} />}
      {!mine && first && <bdi class="name">{sender.name ?? text.agent}</bdi>}
      <p class={deleted_at ? "bubble gone" : "bubble"} dir="auto">
        {deleted_at ? text.deleted : <Marked body={body} />}
      </p>
      {last && (
        <span class="meta">
          {edited_at && !deleted_at && text.edited + " · "}
          {time(at)}
          {mine && <Icon name={tick} label={text[tick]} />}
        </span>
      )}
    </div>
  );
}

interface WaitingProps {
  entry: OutboxEntry;
  first: boolean;
  last: boolean;
}

/** A message that the stream has not brought yet. */
export function Waiting({ entry, first, last }: WaitingProps) {
  const { client_id, body, error, state } = entry;
  const name = state === "sent" ? "sent" : "sending";
  const action = (label: string, act: (clientId: string) => void) => (
    <button class="link" onClick={() => act(client_id)}>
      {label}
    </button>
  );
  return (
    <div class={"row mine " + (first && "first")}>
      <p class={error ? "bubble gone" : "bubble"} dir="auto">
        <Marked body={body} />
      </p>
      {error ? (
        <span class="meta" role="alert">
          {text.notSent(error.message)}
          {action(text.retry, resend)}
          {action(text.edit, edit)}
          {action(text.remove, discard)}
        </span>
      ) : (
        last && (
          <span class="meta">
            <Icon name={name} label={text[name]} />
          </span>
        )
      )}
    </div>
  );
}
