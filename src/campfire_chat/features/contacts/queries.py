"""Contacts: the records of visitors who have written. A page view creates none."""

from __future__ import annotations

from sqlalchemy import bindparam
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.contacts import tables
from campfire_chat.features.contacts.codec import CONTACT_ROWS
from campfire_chat.features.contacts.records import Contact

_c = tables.contacts.c


def _by_id(_: Engine) -> ClauseElement:
    return CONTACT_ROWS.select().where(
        _c.org_id == bindparam("org_id"), _c.contact_id == bindparam("id")
    )


BY_ID = Query(_by_id)


async def find(session: Session, actor: Actor, contact_id: str) -> Contact | None:
    """A contact of the organisation. A visitor sees only their own."""
    if actor.is_visitor and contact_id != actor.principal.id:
        return None
    rows = await session.fetch(BY_ID, org_id=actor.organization, id=contact_id)
    return CONTACT_ROWS.read(rows[0]) if rows else None


def of(actor: Actor) -> Contact:
    """The calling visitor as a contact."""
    principal = actor.principal
    return Contact(
        id=principal.id,
        external_id=principal.external_id,
        verified=principal.external_id is not None,
        name=principal.name,
        email=principal.email,
        avatar_url=principal.avatar_url,
    )
