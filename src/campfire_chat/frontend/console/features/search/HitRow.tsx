import type { SearchHit } from "../../../common/types";
import { now } from "../../shell/clock";
import { contactName, fullTime, moment, participantName } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { go, hashOf } from "../conversations/route";
import { text as conversations } from "../conversations/strings";
import { shown } from "../mentions/mentions";
import { goToMessage } from "../messages/wanted";
import { Highlighted } from "./Highlighted";
import { keyOf, opened } from "./state";
import { text } from "./strings";

const ICONS = { message: "reply", note: "note", conversation: "all" } as const;

/** One hit; the row leads to the message in its conversation. */
export function HitRow({ hit }: { hit: SearchHit }) {
  const { kind, conversation, message_id, sender, highlights } = hit;
  const { contact } = conversation;
  const of = (part: string, tag: number | null = null) =>
    highlights.filter((place) => place.part === part && (place.tag ?? null) === tag);
  const open = (event: MouseEvent) => {
    opened.value = keyOf(hit);
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (message_id) goToMessage(conversation.id, message_id);
    else go(conversation.id);
  };
  const name = contact.name ? (
    <Highlighted text={contact.name} places={of("name")} />
  ) : (
    <bdi>{contactName(contact)}</bdi>
  );
  return (
    <li>
      <a class="hit" href={hashOf(conversation.id)} data-hit={keyOf(hit)} onClick={open}>
        <span class="hit-kind" title={text.kindOf[kind]}>
          <Icon name={ICONS[kind]} size={16} />
          <span class="hidden">{text.kindOf[kind]}: </span>
        </span>
        <span class="hit-head">
          <strong>{name}</strong>
          <span class="hit-number">
            #<Highlighted text={String(conversation.number)} places={of("number")} />
          </span>
          <span class={`hit-status ${conversation.status}`}>
            {conversations.status[conversation.status]}
          </span>
        </span>
        <time dateTime={hit.at} title={fullTime(hit.at)}>
          {moment(hit.at, now.value)}
        </time>
        {kind === "conversation" ? (
          <span class="hit-text">
            {conversation.subject ? (
              <Highlighted text={conversation.subject} places={of("subject")} />
            ) : (
              <span class="faint">{text.noSubject}</span>
            )}
            {of("email").length > 0 && contact.email && (
              <span class="hit-more">
                <Highlighted text={contact.email} places={of("email")} />
              </span>
            )}
            {conversation.tags.map((tag, number) =>
              of("tag", number).length ? (
                <span key={tag} class="hit-more">
                  <Highlighted text={tag} places={of("tag", number)} />
                </span>
              ) : null,
            )}
          </span>
        ) : (
          <span class="hit-text">
            {sender && sender.kind !== "visitor" && (
              <span class="hit-sender">
                <bdi>{participantName(sender)}</bdi>:{" "}
              </span>
            )}
            <Highlighted
              text={hit.text}
              places={of("text")}
              {...(kind === "note" && { read: shown })}
            />
          </span>
        )}
      </a>
    </li>
  );
}
