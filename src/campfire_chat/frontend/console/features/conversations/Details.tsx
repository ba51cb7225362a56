import { moment, span } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { wide } from "../../shell/appearance";
import { now } from "../../shell/clock";
import { openDialog } from "../../shell/overlay";
import { may } from "../../shell/permissions";
import { rows } from "./inbox";
import { mayFind } from "../search/asking";
import { startFinding } from "../search/inThread";
import { teamName } from "../teams/teams";
import { toggleDetails } from "./details";
import { hashOf, openId } from "./route";
import { Avatar } from "../../ui/Avatar";
import { ContactBeside } from "../contacts/ContactBeside";
import { ContactCard } from "./ContactCard";
import { Fact } from "../../ui/Fact";
import { Icon } from "../../ui/Icon";
import { PriorityMark } from "./PriorityMark";
import { Property } from "./Property";
import { SubjectField } from "./SubjectField";
import { Tags } from "./Tags";

/** Everything about the conversation that is not said in it. */
export function Details() {
  const id = openId.value;
  const summary = id ? rows.value.get(id)?.summary : undefined;
  if (!id || !summary) return null;
  const { number, status, assignee, team, priority, tags, subject, contact, counts } = summary;
  const { continues_id, continued_in_id } = summary;
  const { created_at, first_response_at, resolved_at, reopen_count, snoozed_until } = summary;
  const at = now.value;
  return (
    <section class="details" aria-label={text.details}>
      <header class="details-head">
        <button
          type="button"
          class="icon-button"
          aria-label={wide.value ? text.hideDetails : text.back}
          onClick={toggleDetails}
        >
          <Icon name={wide.value ? "close" : "back"} />
        </button>
        <h2>{text.details}</h2>
      </header>
      <div class="details-scroll" tabIndex={0} role="group" aria-label={text.details}>
        <ContactCard contact={contact} />
        {may("contacts.read") && <ContactBeside id={contact.id} conversation={id} />}
        <section class="card" aria-label={text.conversation}>
          <dl>
            <Property label={text.assignee} kind="assign">
              {assignee ? (
                <>
                  <Avatar
                    id={assignee.id}
                    name={assignee.name}
                    url={assignee.avatar_url}
                    size="small"
                  />
                  <bdi class="property-value">{assignee.name}</bdi>
                </>
              ) : (
                <span class="property-value faint">{text.nobody}</span>
              )}
            </Property>
            <Property label={text.team} kind="team" readOnly={!may("teams.read")}>
              {team ? (
                <>
                  <Icon name="team" size={15} />
                  <bdi class="property-value">{teamName(team)}</bdi>
                </>
              ) : (
                <span class="property-value faint">{text.noTeam}</span>
              )}
            </Property>
            <Property label={common.setStatus} kind="status">
              <Icon name={status} size={15} />
              <span class="property-value">{text.status[status]}</span>
            </Property>
            <Property label={text.priority} kind="priority">
              {priority ? (
                <PriorityMark priority={priority} />
              ) : (
                <span class="property-value faint">{text.none}</span>
              )}
            </Property>
            <div class="property tall">
              <dt>{text.subject}</dt>
              <dd>
                <SubjectField key={id} id={id} subject={subject} />
              </dd>
            </div>
            <div class="property tall">
              <dt>{text.tags}</dt>
              <dd>
                <Tags id={id} tags={tags} />
              </dd>
            </div>
          </dl>
        </section>
        <section class="card" aria-label={text.history}>
          <dl>
            <Fact label={text.created}>{moment(created_at, at)}</Fact>
            {first_response_at && (
              <Fact label={text.firstResponse}>
                {text.firstResponseAfter(
                  span(Date.parse(first_response_at) - Date.parse(created_at)),
                )}
              </Fact>
            )}
            {snoozed_until && (
              <Fact label={text.status.snoozed}>{moment(snoozed_until, at)}</Fact>
            )}
            {resolved_at && <Fact label={text.resolvedAt}>{moment(resolved_at, at)}</Fact>}
            {reopen_count > 0 && <Fact label={text.reopened}>{text.times(reopen_count)}</Fact>}
            {continues_id && (
              <Fact label={text.earlier}>
                <a href={hashOf(continues_id)}>{text.showLinked}</a>
              </Fact>
            )}
            {continued_in_id && (
              <Fact label={text.later}>
                <a href={hashOf(continued_in_id)}>{text.showLinked}</a>
              </Fact>
            )}
            <Fact label={text.messagesCount}>{text.messagesOf(counts.visitor, counts.agent)}</Fact>
            <Fact label={text.numberLabel}>{text.number(number)}</Fact>
            <Fact label={text.reference}>
              <code>{id}</code>
            </Fact>
          </dl>
          {mayFind() && (
            <button
              type="button"
              class="button history-button"
              onClick={() => {
                if (!wide.value) toggleDetails();
                startFinding();
              }}
            >
              {text.keys.findHere}
            </button>
          )}
          {may("history.read") && (
            <button
              type="button"
              class="button history-button"
              onClick={() => openDialog("history", id)}
            >
              {text.keys.history}
            </button>
          )}
        </section>
      </div>
    </section>
  );
}
