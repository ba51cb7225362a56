"""Contacts: the records of visitors who have written. A page view creates none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    FromClause,
    Integer,
    Select,
    String,
    bindparam,
    exists,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.access.visibility import is_narrowed, values_for, visible_to
from campfire_chat.core.attributes import Value
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.features.contacts import tables
from campfire_chat.features.contacts.codec import (
    CHANGE_ROWS,
    CONTACT_RECORD_ROWS,
    CONTACT_ROWS,
    decode,
)
from campfire_chat.features.contacts.records import Contact, ContactChange, ContactRecord
from campfire_chat.features.conversations.tables import conversations
from campfire_chat.ledger.streams import INBOX_READ

_c, _h, _v = tables.contacts.c, tables.contact_changes.c, conversations.c


def _by_id(_: Engine) -> ClauseElement:
    return CONTACT_ROWS.select().where(
        _c.org_id == bindparam("org_id"), _c.contact_id == bindparam("id")
    )


def _stored(_: Engine) -> Select[Any]:
    return (
        CONTACT_ROWS.select()
        .add_columns(_c.words, _c.last_seen_at, _c.attributes)
        .where(_c.org_id == bindparam("org_id"), _c.contact_id == bindparam("id"))
    )


def _lock(engine: Engine) -> ClauseElement:
    query = _stored(engine)
    return query.with_for_update(key_share=True) if engine.lock_rows else query


class Sight(Struct, frozen=True):
    """Which contacts somebody sees: all, or only those with a conversation that

    Attributes:
        narrowed: is visible to the agent's ``labels``, since the host app narrows the agent.
        owned: is assigned to the agent, whose id is ``agent_id``, since they do not see the inbox.
    """

    narrowed: bool = False
    owned: bool = False

    @property
    def is_whole(self) -> bool:
        return not (self.narrowed or self.owned)


def sight_of(actor: Actor) -> Sight:
    """Which contacts an agent sees: those of the conversations that lists show them."""
    return Sight(narrowed=is_narrowed(actor), owned=not can(actor, INBOX_READ))


def values_of(engine: Engine, actor: Actor) -> dict[str, Any]:
    """The parameters of :func:`shown_in`."""
    return {"agent_id": actor.principal.id, **values_for(engine, actor)}


def shown_in(
    sight: Sight, engine: Engine, of: FromClause = tables.contacts
) -> list[ColumnElement[bool]]:
    """Whether somebody sees a contact, as conditions; none if they see all.

    Args:
        of: A query that has the columns of the table; by default, the table.
    """
    if sight.is_whole:
        return []
    wanted: list[ColumnElement[bool]] = [
        of.c.org_id == bindparam("org_id"),
        _v.org_id == of.c.org_id,
        _v.contact_id == of.c.contact_id,
    ]
    if sight.narrowed:
        wanted.append(visible_to(engine, _v.access_labels))
    if sight.owned:
        wanted.append(_v.assignee_id == bindparam("agent_id", type_=String))
    return [exists(select(_v.conversation_id).where(*wanted).correlate(of))]


def _record(sight: Sight, engine: Engine) -> ClauseElement:
    return CONTACT_RECORD_ROWS.select().where(
        _c.org_id == bindparam("org_id"),
        _c.contact_id == bindparam("id"),
        *shown_in(sight, engine),
    )


@cache
def record_query(sight: Sight) -> Query:
    """A contact ``id`` of ``org_id`` as its page shows it, if it is seen; the other parameters are
    those of :func:`shown_in`."""
    return Query(partial(_record, sight))


def _seen(engine: Engine) -> ClauseElement:
    return (
        update(tables.contacts)
        .where(
            engine.among(_c.org_id, _c.contact_id, "ids"),
            _c.last_seen_at < bindparam("unless_since", type_=_c.last_seen_at.type),
        )
        .values(last_seen_at=bindparam("seen_at", type_=_c.last_seen_at.type))
    )


def _changes(_: Engine) -> ClauseElement:
    return (
        CHANGE_ROWS.select()
        .where(
            _h.org_id == bindparam("org_id"),
            _h.contact_id == bindparam("id"),
            tuple_(_h.at, _h.change_id)
            < tuple_(bindparam("at", type_=_h.at.type), bindparam("before", type_=String)),
        )
        .order_by(_h.at.desc(), _h.change_id.desc())
        .limit(bindparam("count", type_=Integer))
    )


BY_ID = Query(_by_id)
#: The same, the words, when they were seen last and the attributes.
KNOWN = Query(_stored)
#: The same, with a lock on the row.
LOCK = Query(_lock)
#: Contacts ``ids`` were seen ``seen_at``; those seen since ``unless_since`` stay as they are.
SEEN = Query(_seen)
#: What happened to a contact before a time and an id, the latest first.
CHANGES = Query(_changes)

INSERT_WORDS = BulkInsert(tables.contact_words, ignore=True)
DELETE_WORDS = BulkDelete(tables.contact_words)
WRITE_VALUES = BulkInsert(tables.contact_values, keys=("org_id", "contact_id", "attribute"))
DELETE_VALUES = BulkDelete(tables.contact_values)
INSERT_CHANGES = BulkInsert(tables.contact_changes)


async def find(session: Session, actor: Actor, contact_id: str) -> Contact | None:
    """A contact of the organisation. A visitor sees only their own."""
    if actor.is_visitor and contact_id != actor.principal.id:
        return None
    rows = await session.fetch(BY_ID, org_id=actor.organization, id=contact_id)
    return CONTACT_ROWS.read(rows[0]) if rows else None


class Known(Struct, frozen=True):
    """A contact as it is stored.

    Attributes:
        words: What the search finds it by.
        last_seen_at: 0: was never here.
    """

    contact: Contact
    words: str
    last_seen_at: int
    attributes: dict[str, Value]


async def known(session: Session, organization: str, contact_id: str) -> Known | None:
    """A contact as it is stored."""
    return _known(await session.fetch(KNOWN, org_id=organization, id=contact_id))


async def lock(session: Session, organization: str, contact_id: str) -> Known | None:
    """A contact that nobody else changes until the end of the transaction."""
    return _known(await session.fetch(LOCK, org_id=organization, id=contact_id))


def _known(rows: Sequence[Row]) -> Known | None:
    if not rows:
        return None
    *columns, words, last_seen_at, attributes = rows[0]
    return Known(CONTACT_ROWS.read(columns), words, last_seen_at, decode(attributes))


async def record(session: Session, actor: Actor, contact_id: str) -> ContactRecord | None:
    """A contact as its page shows it to an agent; None if the agent does not see it."""
    rows = await session.fetch(
        record_query(sight_of(actor)),
        org_id=actor.organization,
        id=contact_id,
        **values_of(session.engine, actor),
    )
    return CONTACT_RECORD_ROWS.read(rows[0]) if rows else None


async def stored(session: Session, organization: str, contact_id: str) -> ContactRecord:
    """A contact that is certainly there, for whoever has just stored it."""
    [row] = await session.fetch(record_query(Sight()), org_id=organization, id=contact_id)
    return CONTACT_RECORD_ROWS.read(row)


async def changes(
    session: Session, organization: str, contact_id: str, before: tuple[int, str], limit: int
) -> list[ContactChange]:
    """What happened to a contact before a time and an id, the latest first."""
    at, change_id = before
    rows = await session.fetch(
        CHANGES, org_id=organization, id=contact_id, at=at, before=change_id, count=limit
    )
    return [CHANGE_ROWS.read(row) for row in rows]


async def mark_seen(
    session: Session, organization: str, contact_ids: Iterable[str], at: int, unless_since: int
) -> None:
    """Note when contacts were seen; ids of visitors who never wrote change nothing."""
    await session.fetch(
        SEEN,
        org_id=organization,
        ids=session.engine.list_value(sorted(contact_ids)),
        seen_at=at,
        unless_since=unless_since,
    )


def of(actor: Actor) -> Contact:
    """The calling visitor as a contact, as the host app describes them: it does not say whether
    they are blocked."""
    principal = actor.principal
    return Contact(
        id=principal.id,
        external_id=principal.external_id,
        verified=principal.external_id is not None,
        name=principal.name,
        email=principal.email,
        avatar_url=principal.avatar_url,
        blocked=False,
    )
