"""Storing contacts: visitors who have written. A page view creates none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import and_, update

from campfire_chat.access.actor import Actor
from campfire_chat.core import clock, ids
from campfire_chat.core.attributes import Value, sortable
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.contacts import queries, rules, tables
from campfire_chat.features.contacts.codec import CHANGE_ROWS, encode
from campfire_chat.features.contacts.events import CONTACT_UPDATED, ContactEvent
from campfire_chat.features.contacts.queries import Known
from campfire_chat.features.contacts.records import (
    ChangeKind,
    Contact,
    ContactChange,
    ContactRecord,
    FieldChange,
)
from campfire_chat.features.contacts.rules import NOTHING, Wanted
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_c = tables.contacts.c

#: The prefix of the ids of changes.
CHANGE: Final = "cch"
#: Microseconds for which a contact counts as just seen: their row is not written again.
SEEN_PERIOD: Final = 240 * clock.SECOND


async def remember(
    transaction: Transaction,
    actor: Actor,
    *,
    by: Actor | None = None,
    seen: bool = True,
    attributes: Wanted = NOTHING,
) -> Contact:
    """Store a visitor as a contact, as the host app describes them now.

    Args:
        actor: The visitor.
        by: Who stores them; None: the visitor themselves.
        seen: Whether they are here now.
        attributes: What the host app says of their attributes, checked.
    """
    contact = queries.of(actor)
    words = rules.words_of(contact)
    session, organization = transaction.session, actor.organization
    who = by or actor
    known = await queries.lock(session, organization, contact.id)
    if known is None:
        values, _ = rules.changed_attributes({}, attributes)
        row = {
            **_values(contact, words),
            "attributes": encode(values),
            "org_id": organization,
            "contact_id": contact.id,
            "created_at": transaction.now,
            "last_seen_at": transaction.now if seen else 0,
        }
        # Another process may store the same contact right now: then theirs is there, and changed.
        created = await session.all(
            session.engine.upsert(tables.contacts)
            .values(row)
            .on_conflict_do_nothing()
            .returning(_c.contact_id)
        )
        if created:
            await _write_words(transaction, organization, contact.id, "", words)
            await _write_attributes(transaction, organization, contact.id, {}, values)
            await note(transaction, organization, contact.id, ChangeKind.CREATED, who)
            return contact
        known = await queries.lock(session, organization, contact.id)
    if known is not None:
        contact = msgspec.structs.replace(contact, blocked=known.contact.blocked)
        await _change(transaction, organization, known, contact, words, who, attributes)
        since = transaction.now - SEEN_PERIOD
        if seen and known.last_seen_at < since:
            await queries.mark_seen(session, organization, [contact.id], transaction.now, since)
    return contact


async def _change(
    transaction: Transaction,
    organization: str,
    known: Known,
    contact: Contact,
    words: list[str],
    who: Actor,
    attributes: Wanted,
) -> None:
    values, changed = rules.changed_attributes(known.attributes, attributes)
    if known.contact == contact and known.words == rules.stored_words(words) and not changed:
        return
    await transaction.session.execute(
        update(tables.contacts)
        .where(and_(_c.org_id == organization, _c.contact_id == contact.id))
        .values(**_values(contact, words), attributes=encode(values))
    )
    await _write_words(transaction, organization, contact.id, known.words, words)
    await _write_attributes(transaction, organization, contact.id, known.attributes, values)
    if known.contact != contact:
        transaction.altered.add(contact.id)
    fields = [*rules.changed_fields(known.contact, contact), *changed]
    if fields:
        await described(transaction, organization, contact.id, who, fields)


async def described(
    transaction: Transaction,
    organization: str,
    contact_id: str,
    who: Actor,
    fields: Sequence[FieldChange],
) -> None:
    """Keep what has changed for the timeline, and tell open screens."""
    await note(transaction, organization, contact_id, ChangeKind.DESCRIBED, who, fields)
    tell(transaction, organization, contact_id, who, [item.field for item in fields])


def tell(
    transaction: Transaction, organization: str, contact_id: str, who: Actor, fields: list[str]
) -> None:
    """Tell open screens in which fields what is known of a contact has changed."""
    by = who.principal.participant
    if who.is_visitor:
        # Everybody who sees the inbox is told, also who may not know the contact's name.
        by = msgspec.structs.replace(by, name=None, avatar_url=None)
    data = ContactEvent(id=contact_id, fields=fields, actor=by)
    transaction.tell_inbox(organization, CONTACT_UPDATED, data)


async def _write_attributes(
    transaction: Transaction,
    organization: str,
    contact_id: str,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
) -> None:
    """Make the values of the index those of the contact, whose row is locked."""
    session = transaction.session
    gone = [(organization, contact_id, key) for key in sorted(before.keys() - after.keys())]
    if gone:
        await session.write(queries.DELETE_VALUES, gone)
    rows = [
        (organization, contact_id, key, sortable(value))
        for key, value in sorted(after.items())
        if key not in before or before[key] != value
    ]
    if rows:
        await session.write(queries.WRITE_VALUES, rows)


def _values(contact: Contact, words: list[str]) -> dict[str, Any]:
    return {
        "external_id": contact.external_id,
        "verified": contact.verified,
        "name": contact.name,
        "email": contact.email,
        "avatar_url": contact.avatar_url,
        "sort_name": rules.sort_name(contact),
        "words": rules.stored_words(words),
    }


async def _write_words(
    transaction: Transaction, organization: str, contact_id: str, before: str, after: list[str]
) -> None:
    """Make the words of the index those of the contact, whose row is locked."""
    old, new = set(before.split()), set(after)
    session = transaction.session
    if old - new:
        rows = [(organization, word, contact_id) for word in sorted(old - new)]
        await session.write(queries.DELETE_WORDS, rows)
    if new - old:
        rows = [(organization, word, contact_id) for word in sorted(new - old)]
        await session.write(queries.INSERT_WORDS, rows)


async def note(
    transaction: Transaction,
    organization: str,
    contact_id: str,
    kind: ChangeKind,
    actor: Actor,
    fields: Sequence[FieldChange] = (),
) -> None:
    """Keep for the timeline what happened to a contact."""
    change = ContactChange(
        id=ids.new(CHANGE),
        at=clock.rfc3339(transaction.now),
        kind=kind,
        actor=msgspec.structs.replace(actor.principal.participant, avatar_url=None),
        fields=list(fields),
    )
    row = CHANGE_ROWS.write(change, organization, contact_id)
    await transaction.session.write(queries.INSERT_CHANGES, [row])


class RememberContact(Operation[Contact]):
    """Store a visitor as a contact.

    Args:
        actor: The caller.
        visitor: The visitor, as an actor; None: the caller, who is here.
        attributes: What the host app says of their attributes, checked.
    """

    def __init__(
        self, actor: Actor, visitor: Actor | None = None, attributes: Wanted = NOTHING
    ) -> None:
        super().__init__(actor)
        self._visitor = visitor
        self._attributes = attributes

    async def run(self, transaction: Transaction) -> Contact:
        if self._visitor is None:
            return await remember(transaction, self.actor, attributes=self._attributes)
        return await remember(
            transaction,
            self._visitor,
            by=self.actor,
            seen=False,
            attributes=self._attributes,
        )


class EditContact(Operation[ContactRecord]):
    """Change the attributes of a contact that the caller sees.

    Args:
        attributes: The new values, checked.
    """

    def __init__(self, actor: Actor, contact_id: str, attributes: Wanted) -> None:
        super().__init__(actor)
        self._contact_id = contact_id
        self._attributes = attributes

    async def run(self, transaction: Transaction) -> ContactRecord:
        session, organization = transaction.session, self.organization
        known = await queries.lock(session, organization, self._contact_id)
        seen = await queries.record(session, self.actor, self._contact_id)
        if known is None or seen is None:
            raise NotFoundError("There is no such contact.")
        values, changed = rules.changed_attributes(known.attributes, self._attributes)
        if not changed:
            return seen
        await session.execute(
            update(tables.contacts)
            .where(and_(_c.org_id == organization, _c.contact_id == self._contact_id))
            .values(attributes=encode(values))
        )
        await _write_attributes(
            transaction, organization, self._contact_id, known.attributes, values
        )
        await described(transaction, organization, self._contact_id, self.actor, changed)
        return msgspec.structs.replace(seen, attributes=values)


class MarkSeen(Operation[None]):
    """Note that visitors were here, if they are contacts.

    Args:
        actor: The system.
        contact_ids: The visitors.
        at: When the earliest of them was seen.
    """

    appends = False

    def __init__(self, actor: Actor, contact_ids: Sequence[str], at: int) -> None:
        super().__init__(actor)
        self._contact_ids = contact_ids
        self._at = at

    async def run(self, transaction: Transaction) -> None:
        await queries.mark_seen(
            transaction.session,
            self.organization,
            self._contact_ids,
            self._at,
            self._at - SEEN_PERIOD,
        )
