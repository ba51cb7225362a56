import type { Preview } from "../../../common/types";
import { clockTime, fullTime, participantName } from "../../ui/format";
import { text } from "./strings";
import { discardHeld, focusComposer, takeBackHeld } from "./composer";
import { isAnswer } from "./seen";
import { answered, held, sendAnyway } from "./sending";
import { isMe } from "../../shell/session";
import { isOwn, numbered, type Thread } from "./thread";
import { Icon } from "../../ui/Icon";
import { Marked } from "../../ui/Marked";

/** The replies that were not sent, since a colleague has answered, and what was said since. */
export function HeldReplies({ opened }: { opened: Thread }) {
  const entries = held.value;
  if (!entries.length || opened.phase.value !== "ready") return null;
  const seen = Math.min(...entries.map((entry) => entry.seen ?? 0));
  const since = numbered(opened).filter(
    (message) => message.seq > seen && !message.deleted_at && !isOwn(message),
  );
  const answer = since.findLast(isAnswer);
  // What the server has told is shown before its events are here.
  const isNew = ({ id, seq, sender }: Preview, at: number, all: Preview[]) =>
    seq > opened.head.value &&
    !isMe(sender) &&
    !opened.messages.value.has(id) &&
    all.findIndex((other) => other.id === id) === at;
  const told = entries.flatMap((entry) => answered(entry).messages).filter(isNew);
  const colleague = told.findLast(({ sender }) => sender.kind === "agent") ?? answer;
  const shown = [...since, ...told.map(({ text: body, ...rest }) => ({ ...rest, body }))];
  return (
    <section class="held" aria-label={text.held.label}>
      <p class="held-title" role="alert">
        <Icon name="clock" size={16} />
        {text.held.title(colleague ? participantName(colleague.sender) : null)}
      </p>
      <ol class="held-since" aria-label={text.held.since}>
        {shown.map((message) => (
          <li key={message.id}>
            <strong dir="auto">{participantName(message.sender)}</strong>{" "}
            <time dateTime={message.at} title={fullTime(message.at)}>
              {clockTime(message.at)}
            </time>
            <span dir="auto">
              <Marked body={message.body} />
            </span>
          </li>
        ))}
      </ol>
      {entries.map(({ client_id, body }) => (
        <blockquote key={client_id} dir="auto">
          {body}
        </blockquote>
      ))}
      <p class="held-actions">
        <button
          type="button"
          class="button primary"
          onClick={() => {
            sendAnyway();
            focusComposer();
          }}
        >
          {text.held.send}
        </button>
        <button type="button" class="button" onClick={takeBackHeld}>
          {text.edit}
        </button>
        <button type="button" class="button quiet" onClick={discardHeld}>
          {text.discard}
        </button>
      </p>
    </section>
  );
}
