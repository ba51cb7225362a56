import type { ContactRecord } from "../../../common/types";
import { now } from "../../shell/clock";
import { Avatar } from "../../ui/Avatar";
import { age, contactName, fullTime, moment } from "../../ui/format";
import { attributeOf } from "./attributes";
import { inWords } from "./attributeValues";
import { columnName, isFixed, shownColumns, type Column } from "./columns";
import { Blocked, Identity } from "./Identity";
import { hashOfContact } from "./route";
import { text } from "./strings";

function valueOf(contact: ContactRecord, name: Column) {
  if (!isFixed(name)) {
    const attribute = attributeOf(name);
    const value = attribute && contact.attributes[attribute.key];
    return value === undefined || !attribute ? (
      <span class="faint">{text.none}</span>
    ) : (
      <bdi>{inWords(attribute, value)}</bdi>
    );
  }
  const value = contact[name];
  if (typeof value === "boolean") return <Identity verified={value} />;
  if (name === "last_seen_at" || name === "created_at") {
    return value ? (
      <time dateTime={value} title={fullTime(value)}>
        {name === "created_at" ? age(value, now.value) : moment(value, now.value)}
      </time>
    ) : (
      <span class="faint">{text.never}</span>
    );
  }
  return value ? <bdi>{value}</bdi> : <span class="faint">{text.none}</span>;
}

/** One contact in the list; the whole row leads to their page. */
export function ContactRow({ contact }: { contact: ContactRecord }) {
  const name = contactName(contact);
  return (
    <li>
      <a class="contact-row" href={hashOfContact(contact.id)} data-contact-row={contact.id}>
        <span class="contact-name">
          <Avatar id={contact.id} name={name} url={contact.avatar_url} size="small" />
          <strong>
            <bdi>{name}</bdi>
          </strong>
          {contact.blocked && <Blocked />}
        </span>
        {shownColumns.value.map((column) => (
          <span key={column} class="contact-value" data-column={column}>
            <span class="hidden contact-label">{columnName(column)}: </span>
            {valueOf(contact, column)}
          </span>
        ))}
      </a>
    </li>
  );
}
