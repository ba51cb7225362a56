"""Storing contacts: visitors who have written. A page view creates none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, update

from campfire_chat.access.actor import Actor
from campfire_chat.features.contacts import tables
from campfire_chat.features.contacts.queries import find, of
from campfire_chat.features.contacts.records import Contact
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction

_c = tables.contacts.c


async def remember(transaction: Transaction, actor: Actor) -> Contact:
    """Store a visitor as a contact, as the host app describes them now."""
    contact = of(actor)
    values: dict[str, Any] = {
        "external_id": contact.external_id,
        "verified": contact.verified,
        "name": contact.name,
        "email": contact.email,
        "avatar_url": contact.avatar_url,
    }
    session = transaction.session
    known = await find(session, actor, contact.id)
    if known is None:
        # Another process may store the same contact right now.
        await session.execute(
            session.engine.upsert(tables.contacts)
            .values(
                org_id=actor.organization,
                contact_id=contact.id,
                created_at=transaction.now,
                **values,
            )
            .on_conflict_do_update(index_elements=["org_id", "contact_id"], set_=values)
        )
    elif known != contact:
        transaction.altered.add(contact.id)
        await session.execute(
            update(tables.contacts)
            .where(and_(_c.org_id == actor.organization, _c.contact_id == contact.id))
            .values(**values)
        )
    return contact


class RememberContact(Operation[Contact]):
    """Store a visitor as a contact.

    Args:
        actor: The caller.
        visitor: The visitor, as an actor; None: the caller.
    """

    appends = False

    def __init__(self, actor: Actor, visitor: Actor | None = None) -> None:
        super().__init__(actor)
        self._visitor = visitor or actor

    async def run(self, transaction: Transaction) -> Contact:
        return await remember(transaction, self._visitor)
