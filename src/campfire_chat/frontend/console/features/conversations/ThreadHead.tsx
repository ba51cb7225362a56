import type { ConversationSummary } from "../../../common/types";
import { contactName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { detailsShown, toggleDetails } from "./details";
import { canManage, may } from "../../shell/permissions";
import { toggleResolved } from "./changes";
import { mayFollow } from "./transitions";
import { menuOpenIn, toggleMenu } from "../../shell/overlay";
import { hashOfContact } from "../contacts/route";
import { go } from "./route";
import { thread } from "../messages/thread";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";
import { MenuIcon } from "./MenuIcon";
import { Viewers } from "./Viewers";

/** Who this is about and the actions that are needed most. */
export function ThreadHead({ id, summary }: { id: string; summary: ConversationSummary | null }) {
  const shown = detailsShown.value;
  const name = summary ? contactName(summary.contact) : common.loading;
  const resolved = summary?.status === "resolved";
  const assignee = summary?.assignee ?? null;
  return (
    <header class="thread-head">
      <button
        type="button"
        class="icon-button only-phone"
        aria-label={text.toInbox}
        onClick={() => go(null)}
      >
        <Icon name="back" />
      </button>
      {summary && (
        <Avatar
          id={summary.contact.id}
          name={name}
          url={summary.contact.avatar_url}
          availability={thread.value?.contactPresence.value === "online" ? "online" : null}
        />
      )}
      <div class="thread-title">
        <div class="thread-name">
          <h2>
            {summary && may("contacts.read") ? (
              <a href={hashOfContact(summary.contact.id)} title={text.keys.contact}>
                <bdi>{name}</bdi>
              </a>
            ) : (
              <bdi>{name}</bdi>
            )}
          </h2>
          {summary?.contact.blocked && (
            <span class="badge blocked" title={text.blockedHelp}>
              <Icon name="lock" size={14} />
              {text.blocked}
            </span>
          )}
          {summary && <span class="thread-number">{text.number(summary.number)}</span>}
        </div>
        {summary && (
          <p>
            <bdi>
              {summary.subject ??
                summary.contact.email ??
                (summary.contact.verified ? text.verifiedHelp : text.unverifiedHelp)}
            </bdi>
          </p>
        )}
      </div>
      <Viewers />
      {summary && canManage.value && (
        <div class="thread-actions">
          <button
            type="button"
            class="button assign"
            data-menu="assign"
            aria-haspopup="listbox"
            aria-expanded={menuOpenIn("assign", ".thread-head")}
            aria-label={assignee ? text.assignedTo(assignee.name) : text.assign}
            title={text.assignTo}
            onClick={(event) => toggleMenu("assign", event.currentTarget)}
          >
            {assignee ? (
              <Avatar
                id={assignee.id}
                name={assignee.name}
                url={assignee.avatar_url}
                size="small"
              />
            ) : (
              <Icon name="user" size={16} />
            )}
            <span class="assign-name">{assignee ? assignee.name : text.assign}</span>
            <Icon name="down" size={13} />
          </button>
          {mayFollow("snoozed", summary.status) && (
            <span class="not-phone">
              <MenuIcon kind="snooze" icon="snooze" label={text.snooze} />
            </span>
          )}
          <button
            type="button"
            class={resolved ? "button resolve" : "button resolve due"}
            aria-label={resolved ? text.reopen : text.resolve}
            title={resolved ? text.reopen : text.resolve}
            onClick={() => toggleResolved(id)}
          >
            <Icon name={resolved ? "open" : "check"} size={16} />
            <span>{resolved ? text.reopen : text.resolve}</span>
          </button>
        </div>
      )}
      <button
        type="button"
        class="icon-button"
        aria-pressed={shown}
        aria-label={shown ? text.hideDetails : text.showDetails}
        title={shown ? text.hideDetails : text.showDetails}
        onClick={toggleDetails}
      >
        <Icon name="panel" />
      </button>
    </header>
  );
}
