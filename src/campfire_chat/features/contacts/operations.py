"""Storing contacts: visitors who have written. A page view creates none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import and_, update

from campfire_chat.access.actor import Actor
from campfire_chat.core import clock, ids
from campfire_chat.features.contacts import queries, rules, tables
from campfire_chat.features.contacts.codec import CHANGE_ROWS
from campfire_chat.features.contacts.queries import Known
from campfire_chat.features.contacts.records import (
    ChangeKind,
    Contact,
    ContactChange,
    FieldChange,
)
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_c = tables.contacts.c

#: The prefix of the ids of changes.
CHANGE: Final = "cch"
#: Microseconds for which a contact counts as just seen: their row is not written again.
SEEN_PERIOD: Final = 240 * clock.SECOND


async def remember(
    transaction: Transaction, actor: Actor, *, by: Actor | None = None, seen: bool = True
) -> Contact:
    """Store a visitor as a contact, as the host app describes them now.

    Args:
        actor: The visitor.
        by: Who stores them; None: the visitor themselves.
        seen: Whether they are here now.
    """
    contact = queries.of(actor)
    words = rules.words_of(contact)
    session, organization = transaction.session, actor.organization
    who = by or actor
    known = await queries.lock(session, organization, contact.id)
    if known is None:
        row = {
            **_values(contact, words),
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
            await note(transaction, organization, contact.id, ChangeKind.CREATED, who)
            return contact
        known = await queries.lock(session, organization, contact.id)
    if known is not None:
        await _change(transaction, organization, known, contact, words, who)
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
) -> None:
    if known.contact == contact and known.words == rules.stored_words(words):
        return
    await transaction.session.execute(
        update(tables.contacts)
        .where(and_(_c.org_id == organization, _c.contact_id == contact.id))
        .values(**_values(contact, words))
    )
    await _write_words(transaction, organization, contact.id, known.words, words)
    if known.contact != contact:
        transaction.altered.add(contact.id)
        fields = rules.changed_fields(known.contact, contact)
        await note(transaction, organization, contact.id, ChangeKind.DESCRIBED, who, fields)


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
    """

    appends = False

    def __init__(self, actor: Actor, visitor: Actor | None = None) -> None:
        super().__init__(actor)
        self._visitor = visitor

    async def run(self, transaction: Transaction) -> Contact:
        if self._visitor is None:
            return await remember(transaction, self.actor)
        return await remember(transaction, self._visitor, by=self.actor, seen=False)


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
