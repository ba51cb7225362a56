import type { Priority } from "../../../common/types";
import { age, contactName, fullTime, moment, span } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { now } from "../../shell/clock";
import { hasDraft } from "../drafts/drafts";
import { isMe, me } from "../../shell/session";
import { unreadOf, type Row as RowData } from "./inbox";
import { hashOf, openId } from "./route";
import { thread } from "../messages/thread";
import { teamName } from "../teams/teams";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";
import { memo } from "../../ui/memo";
import { TagChip } from "../tags/TagChip";
import { PriorityMark } from "./PriorityMark";

/** Those that are worth a word in a crowded row; the others show their bars. */
const PRESSING = new Set<Priority>(["high", "urgent"]);

/** Milliseconds after which a waiting visitor is marked more strongly. */
const LONG_WAIT = 10 * 60_000;

function lastWords({ summary }: RowData): string {
  const { last_message } = summary;
  if (!last_message) return text.noMessage;
  const { sender, text: body } = last_message;
  const said = body || text.removedMessage;
  if (isMe(sender)) return text.youSaid(said);
  return sender.kind === "agent" ? text.sheSaid(sender.name ?? common.somebody, said) : said;
}

interface Props {
  row: RowData;
  /** Tab stops once in the list: here. */
  focusable: boolean;
  /** It belongs to another list now and goes as soon as the pointer rests. */
  leaving: boolean;
}

/** One conversation in the list. */
export const Row = memo(({ row, focusable, leaving }: Props) => {
  const { summary } = row;
  const { id, number, contact, assignee, team, subject, tags, priority } = summary;
  const { waiting_since, snoozed_until } = summary;
  const unread = unreadOf(row);
  const name = contactName(contact);
  const open = openId.value === id;
  const visitorTypes =
    open && [...(thread.value?.typing.value.values() ?? [])].some(({ kind }) => kind === "visitor");
  const waited = waiting_since ? now.value - Date.parse(waiting_since) : null;
  const [tag] = tags;
  return (
    <li class={leaving ? "leaving" : undefined}>
      <a
        class={unread ? "row unread" : "row"}
        href={hashOf(id)}
        data-conversation={id}
        tabIndex={focusable ? 0 : -1}
        aria-current={open ? "true" : undefined}
      >
        <Avatar id={contact.id} name={name} url={contact.avatar_url} />
        <span class="row-main">
          <span class="row-top">
            <strong class="row-name">
              <bdi>{name}</bdi>
            </strong>
            <span class="row-number">{text.number(number)}</span>
            <time dateTime={summary.last_activity_at} title={fullTime(summary.last_activity_at)}>
              {age(summary.last_activity_at, now.value)}
            </time>
          </span>
          {subject && <span class="row-subject">
              <bdi>{subject}</bdi>
            </span>}
          <span class="row-words">
            {visitorTypes ? (
              <em class="row-typing">{text.typing}</em>
            ) : (
              <span class="row-preview" dir="auto">
                {!open && hasDraft(id) && <em class="row-draft">{text.draft} </em>}
                <bdi>{lastWords(row)}</bdi>
              </span>
            )}
            {unread > 0 && (
              <span class={assignee && assignee.id !== me.value?.id ? "count quiet" : "count"}>
                <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
                <span class="hidden">{text.unread(unread)}</span>
              </span>
            )}
          </span>
          {(waited !== null || priority || tag || team || assignee || snoozed_until) && (
            <span class="row-marks">
              <span class="row-labels">
                {priority && <PriorityMark priority={priority} bare={!PRESSING.has(priority)} />}
                {waited !== null && summary.status === "open" && (
                  <span
                    class={waited > LONG_WAIT ? "waiting long" : "waiting"}
                    title={text.waitingFor(span(waited))}
                  >
                    <Icon name="clock" size={13} />
                    {text.waiting(span(waited))}
                  </span>
                )}
                {summary.status === "snoozed" && snoozed_until && (
                  <span class="waiting">
                    <Icon name="snooze" size={13} />
                    {text.until(moment(snoozed_until, now.value))}
                  </span>
                )}
                {team && (
                  <span class="tag row-team" title={text.team}>
                    <Icon name="team" size={12} />
                    <bdi>{teamName(team)}</bdi>
                  </span>
                )}
                {tag && <TagChip name={tag} />}
                {tags.length > 1 && (
                  <span class="tag rest" title={tags.join(", ")}>
                    +{tags.length - 1}
                  </span>
                )}
              </span>
              {assignee && (
                <span class="row-assignee">
                  <Avatar
                    id={assignee.id}
                    name={assignee.name}
                    url={assignee.avatar_url}
                    size="small"
                    title={text.assignedTo(assignee.name)}
                  />
                  <span class="hidden">{text.assignedTo(assignee.name)}</span>
                </span>
              )}
            </span>
          )}
        </span>
      </a>
    </li>
  );
});
