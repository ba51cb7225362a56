import { useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../../../common/types";
import { clockTime, fullTime, participantName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { editing } from "./composer";
import { isMe } from "../../shell/session";
import { focusThread } from "./focus";
import { menu, toggleMenu } from "../../shell/overlay";
import { thread } from "./thread";
import { Avatar } from "../../ui/Avatar";
import { EditForm } from "./EditForm";
import { Icon } from "../../ui/Icon";
import { Marked } from "../../ui/Marked";
import { memo } from "../../ui/memo";
import { NoteText } from "../mentions/NoteText";
import { NoteLabel } from "./NoteLabel";
import { Quote } from "./Quote";
import { Ticks, type TickState } from "./Ticks";

interface Props {
  message: Message;
  /** The first and last of one sender's run. */
  first: boolean;
  last: boolean;
}

/** The visitor's marks say how far a message of the team has got. */
function tickState(message: Message): TickState {
  let state: TickState = "sent";
  for (const { participant, delivered, read } of thread.value?.receipts.value.values() ?? []) {
    if (participant.kind !== "visitor") continue;
    if (read >= message.seq) return "read";
    if (delivered >= message.seq) state = "delivered";
  }
  return state;
}

/** One message or note. */
export const Bubble = memo(({ message, first, last }: Props) => {
  const { sender, visibility, deleted_at, edited_at, redacted_at, body, at, reply_to } = message;
  const note = visibility === "internal";
  const ours = sender.kind !== "visitor";
  const name = participantName(sender);
  const side = ours ? "ours" : "theirs";
  const classes = ["message", side, note && "note", first && "first", last && "last"];
  const open = menu.value?.kind === "message" && menu.value.subject === message.id;
  const wasDeleted = useRef(deleted_at);
  useLayoutEffect(() => {
    // Its button has gone, and the focus with it.
    const lost = deleted_at && !wasDeleted.current && document.activeElement === document.body;
    wasDeleted.current = deleted_at;
    if (lost) focusThread();
  }, [deleted_at]);
  return (
    <article
      class={classes.filter(Boolean).join(" ")}
      data-message={message.id}
      aria-label={note ? `${text.note}, ${name}` : name}
    >
      <span class="message-face">
        {last && <Avatar id={sender.id} name={name} url={sender.avatar_url} size="small" />}
      </span>
      <div class="message-body">
        {first && (
          <p class="message-sender">
            <bdi>{isMe(sender) ? common.you : name}</bdi>
            {note && <NoteLabel />}
          </p>
        )}
        {editing.value === message.id ? (
          <EditForm message={message} />
        ) : (
          <div class="bubble-line">
            <div class={deleted_at ? "bubble gone" : "bubble"}>
              {reply_to && !deleted_at && <Quote id={reply_to} from={message.id} />}
              <span class="bubble-text" dir="auto">
                {deleted_at ? text.deleted : note ? <NoteText body={body} /> : <Marked body={body} />}
              </span>
              <span class="meta">
                {redacted_at && !deleted_at && <span>{text.redacted}</span>}
                {edited_at && !deleted_at && <span>{text.edited}</span>}
                <time dateTime={at} title={fullTime(at)}>
                  {clockTime(at)}
                </time>
                {ours && !note && !deleted_at && <Ticks state={tickState(message)} />}
              </span>
            </div>
            {!deleted_at && (
              <button
                type="button"
                class={open ? "icon-button message-menu open" : "icon-button message-menu"}
                aria-haspopup="menu"
                aria-expanded={open}
                aria-label={text.messageMenu}
                onClick={(event) => toggleMenu("message", event.currentTarget, message.id)}
              >
                <Icon name="more" size={16} />
              </button>
            )}
          </div>
        )}
      </div>
    </article>
  );
});
