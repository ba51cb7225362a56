import type { ComponentChildren } from "preact";
import type { OutboxEntry } from "../shared/outbox";
import type { Message } from "../shared/types";
import { Avatar } from "./Avatar";
import type { Chat } from "./chat";
import { time } from "./format";
import { Icon, type IconName } from "./icons";
import { Linked } from "./Linked";
import { text } from "./messages";

interface Props {
  mine: boolean;
  /** First and last of what one person said in one go. */
  first: boolean;
  last: boolean;
  message: Message;
  tick: IconName | null;
}

export function Bubble({ mine, first, last, message, tick }: Props) {
  const { sender, body, at, edited_at, deleted_at } = message;
  return (
    <div class={`row ${mine ? "mine" : ""} ${first ? "first" : ""}`}>
      {!mine && last && <Avatar name={sender.name ?? text.agent} url={sender.avatar_url} />}
      {!mine && first && <span class="name">{sender.name ?? text.agent}</span>}
      <p class={deleted_at ? "bubble gone" : "bubble"} dir="auto">
        {deleted_at ? text.deleted : <Linked body={body} />}
      </p>
      {last && (
        <Meta>
          {edited_at && !deleted_at && text.edited + " · "}
          {time(at)}
          {tick && <Icon name={tick} label={text[tick as "sent"]} />}
        </Meta>
      )}
    </div>
  );
}

/** A message that the server has not confirmed. */
export function Waiting({ chat, entry }: { chat: Chat; entry: OutboxEntry }) {
  const { client_id, body, error } = entry;
  return (
    <div class="row mine">
      <p class={error ? "bubble failed" : "bubble"} dir="auto">
        {body}
      </p>
      <Meta>
        {error ? (
          <span role="alert">
            {text.notSent} {error.message}{" "}
            <button class="link" onClick={() => chat.resend(client_id)}>
              {text.retry}
            </button>{" "}
            <button class="link" onClick={() => chat.edit(client_id)}>
              {text.edit}
            </button>{" "}
            <button class="link" onClick={() => chat.discard(client_id)}>
              {text.remove}
            </button>
          </span>
        ) : (
          <Icon name="sending" label={text.sending} />
        )}
      </Meta>
    </div>
  );
}

const Meta = ({ children }: { children: ComponentChildren }) => (
  <span class="meta">{children}</span>
);
