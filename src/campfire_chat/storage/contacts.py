"""Contacts: the records of visitors who have written. A page view creates none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.domain.principal import Scope
from campfire_chat.models import Contact
from campfire_chat.storage import tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.operations import Operation
from campfire_chat.storage.statement import Query
from campfire_chat.storage.transaction import Transaction

_c = tables.contacts.c


def _by_id(_: Engine) -> ClauseElement:
    return select(
        _c.contact_id, _c.external_id, _c.verified, _c.name, _c.email, _c.avatar_url
    ).where(_c.org_id == bindparam("org_id"), _c.contact_id == bindparam("id"))


BY_ID = Query(_by_id)


async def find(session: Session, scope: Scope, contact_id: str) -> Contact | None:
    """A contact of the organisation. Agents see all contacts, a visitor only their own."""
    if not scope.is_agent and contact_id != scope.principal.id:
        return None
    rows = await session.fetch(BY_ID, org_id=scope.organization, id=contact_id)
    if not rows:
        return None
    id, external_id, verified, name, email, avatar_url = rows[0]
    return Contact(
        id=id,
        external_id=external_id,
        verified=bool(verified),
        name=name,
        email=email,
        avatar_url=avatar_url,
    )


def of(scope: Scope) -> Contact:
    """The calling visitor as a contact."""
    principal = scope.principal
    return Contact(
        id=principal.id,
        external_id=principal.external_id,
        verified=principal.external_id is not None,
        name=principal.name,
        email=principal.email,
        avatar_url=principal.avatar_url,
    )


async def remember(session: Session, scope: Scope, now: int) -> Contact:
    """Store the calling visitor as a contact, as the host app describes them now."""
    contact = of(scope)
    values: dict[str, Any] = {
        "external_id": contact.external_id,
        "verified": contact.verified,
        "name": contact.name,
        "email": contact.email,
        "avatar_url": contact.avatar_url,
    }
    known = await find(session, scope, contact.id)
    if known is None:
        await session.execute(
            insert(tables.contacts).values(
                org_id=scope.organization, contact_id=contact.id, created_at=now, **values
            )
        )
    elif known != contact:
        await session.execute(
            update(tables.contacts)
            .where(and_(_c.org_id == scope.organization, _c.contact_id == contact.id))
            .values(**values)
        )
    return contact


class RememberContact(Operation[None]):
    """Store the calling visitor as a contact."""

    async def run(self, transaction: Transaction) -> None:
        await remember(transaction.session, self.scope, transaction.now)
