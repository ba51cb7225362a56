import { useEffect, useLayoutEffect } from "preact/hooks";
import type { ContactRecord } from "../../../common/types";
import { now } from "../../shell/clock";
import { may } from "../../shell/permissions";
import { Avatar } from "../../ui/Avatar";
import { Fact } from "../../ui/Fact";
import { focusHome } from "../../ui/focus";
import { contactName, moment } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ListState } from "../../ui/ListState";
import { mailTo } from "../../ui/mailTo";
import { Notice } from "../../ui/Notice";
import { Attributes } from "./Attributes";
import { attributes, loadAttributes } from "./attributes";
import {
  contact,
  conversations,
  loadContact,
  moreConversations,
  phase,
  problem,
  putContact,
  toggleBlocked,
} from "./contact";
import { ConversationLine } from "./ConversationLine";
import { LIST } from "./focus";
import { Blocked, Identity } from "./Identity";
import { goToContact, PATH } from "./route";
import { text } from "./strings";
import { Timeline } from "./Timeline";

/** What is known of a contact, their conversations, and what happened. */
export function ContactPage({ id }: { id: string }) {
  useEffect(() => void loadContact(id), [id]);
  useEffect(() => void loadAttributes(), []);
  const found = contact.value;
  const ready = phase.value === "ready" && found;
  useLayoutEffect(() => {
    if (ready && document.activeElement === document.body) focusHome();
  }, [Boolean(ready)]);
  return (
    <>
      <p class="contact-back">
        <a href={`#/${PATH}`}>
          <Icon name="back" size={16} />
          {text.back}
        </a>
      </p>
      {phase.value === "missing" ? (
        <Notice
          title={text.missing}
          help={text.missingHelp}
          action={text.back}
          onAction={() => goToContact(null)}
        />
      ) : (
        <ListState
          isLoading={phase.value === "loading"}
          loading={text.loading}
          failed={
            problem.value
              ? {
                  title: text.failed.page,
                  help: problem.value,
                  retry: text.retry,
                  onRetry: () => void loadContact(id),
                }
              : null
          }
          empty={null}
        >
          {ready && <Known contact={found} />}
        </ListState>
      )}
    </>
  );
}

function Known({ contact: known }: { contact: ContactRecord }) {
  const { id, email, external_id, verified, last_seen_at, created_at, avatar_url, blocked } = known;
  const name = contactName(known);
  const at = now.value;
  return (
    <>
      <header class="contact-head">
        <Avatar id={id} name={name} url={avatar_url} size="large" />
        <div>
          <h1>
            <bdi>{name}</bdi>
          </h1>
          <Identity verified={verified} />
          {blocked && <Blocked />}
        </div>
        {may("contacts.block") && (
          <button type="button" class="button block" onClick={() => void toggleBlocked()}>
            <Icon name={blocked ? "open" : "lock"} size={16} />
            {blocked ? text.unblock : text.block}
          </button>
        )}
      </header>
      <div class="contact-parts">
        <section class="contact-part" aria-label={text.about}>
          <h2>{text.about}</h2>
          <dl>
            {email && (
              <Fact label={text.columnNames.email}>
                <a href={mailTo(email)} dir="ltr">
                  {email}
                </a>
              </Fact>
            )}
            {external_id && (
              <Fact label={text.columnNames.external_id}>
                <code>{external_id}</code>
              </Fact>
            )}
            <Fact label={text.columnNames.last_seen_at}>
              {last_seen_at ? moment(last_seen_at, at) : text.never}
            </Fact>
            <Fact label={text.columnNames.created_at}>{moment(created_at, at)}</Fact>
            <Fact label={text.reference}>
              <code>{id}</code>
            </Fact>
          </dl>
          {attributes.value.length > 0 && (
            <>
              <h3 class="beside-title">{text.attributes}</h3>
              <Attributes contact={known} onStored={putContact} />
            </>
          )}
        </section>
        {may("conversations.read") && <Conversations />}
        <Timeline />
      </div>
    </>
  );
}

function Conversations() {
  const { items, cursor } = conversations.value;
  return (
    <section class="contact-part" aria-label={text.conversations}>
      <h2>{text.conversations}</h2>
      <ul class="contact-talks" id={LIST} data-home tabIndex={-1} aria-label={text.conversations}>
        {items.map((conversation) => (
          <ConversationLine key={conversation.id} conversation={conversation} />
        ))}
      </ul>
      {!items.length && <p class="faint">{text.noConversations}</p>}
      {cursor && (
        <button type="button" class="button" onClick={() => void moreConversations()}>
          {text.more}
        </button>
      )}
    </section>
  );
}
