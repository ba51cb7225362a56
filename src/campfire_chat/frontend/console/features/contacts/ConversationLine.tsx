import type { AgentConversation } from "../../../common/types";
import { now } from "../../shell/clock";
import { Avatar } from "../../ui/Avatar";
import { age, fullTime } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { hashOf } from "../conversations/route";
import { text as conversations } from "../conversations/strings";
import { text } from "./strings";

/** One conversation of the contact; the whole line leads to it. */
export function ConversationLine({ conversation }: { conversation: AgentConversation }) {
  const { id, status, subject, last_message, last_activity_at, assignee } = conversation;
  return (
    <li>
      <a class="contact-talk" href={hashOf(id)} data-contact-row={id}>
        <span class={`contact-status ${status}`} title={conversations.status[status]}>
          <Icon name={status} size={16} />
          <span class="hidden">{conversations.status[status]}</span>
        </span>
        <span class="contact-said">
          <bdi>{subject ?? last_message?.text ?? text.noSubject}</bdi>
        </span>
        {assignee && (
          <span class="contact-assignee" title={assignee.name}>
            <Avatar id={assignee.id} name={assignee.name} url={assignee.avatar_url} size="small" />
            <span class="hidden">{assignee.name}</span>
          </span>
        )}
        <time dateTime={last_activity_at} title={fullTime(last_activity_at)}>
          {age(last_activity_at, now.value)}
        </time>
      </a>
    </li>
  );
}
