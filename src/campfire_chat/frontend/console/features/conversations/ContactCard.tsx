import type { Contact } from "../../../common/types";
import { contactName } from "../../ui/format";
import { may } from "../../shell/permissions";
import { hashOfContact } from "../contacts/route";
import { text } from "./strings";
import { thread } from "../messages/thread";
import { Avatar } from "../../ui/Avatar";
import { Fact } from "../../ui/Fact";
import { Icon } from "../../ui/Icon";
import { mailTo } from "../../ui/mailTo";

/** Who the visitor is, and whether that is certain. */
export function ContactCard({ contact }: { contact: Contact }) {
  const name = contactName(contact);
  const online = thread.value?.contactPresence.value === "online";
  return (
    <section class="card" aria-label={text.contact}>
      <div class="contact">
        <Avatar id={contact.id} name={name} url={contact.avatar_url} size="large" />
        <div>
          <h3>
            <bdi>{name}</bdi>
          </h3>
          {contact.verified ? (
            <span class="badge verified" title={text.verifiedHelp}>
              <Icon name="verified" size={14} />
              {text.verified}
            </span>
          ) : (
            <span class="badge" title={text.unverifiedHelp}>
              {text.unverified}
            </span>
          )}
          {contact.blocked && (
            <span class="badge blocked" title={text.blockedHelp}>
              <Icon name="lock" size={14} />
              {text.blocked}
            </span>
          )}
          {online && (
            <span class="badge online">
              <span class="presence-dot online" />
              {text.online}
            </span>
          )}
        </div>
      </div>
      <dl>
        {contact.email && (
          <Fact label={text.email}>
            <a href={mailTo(contact.email)} dir="ltr">
              {contact.email}
            </a>
          </Fact>
        )}
        {contact.external_id && (
          <Fact label={text.externalId}>
            <code>{contact.external_id}</code>
          </Fact>
        )}
      </dl>
      {may("contacts.read") && (
        <a class="button contact-link" href={hashOfContact(contact.id)}>
          {text.keys.contact}
        </a>
      )}
    </section>
  );
}
