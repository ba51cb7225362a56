"""Reading and writing notifications."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    FromClause,
    Integer,
    String,
    and_,
    bindparam,
    func,
    select,
    tuple_,
)
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.labels import from_stored
from campfire_chat.access.policy import can
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.access.visibility import is_narrowed, values_for, visible_to
from campfire_chat.core import clock, text
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query
from campfire_chat.features.contacts import tables as contact_tables
from campfire_chat.features.conversations import tables as conversation_tables
from campfire_chat.features.conversations.permissions import NOTES_READ
from campfire_chat.features.messages import tables as message_tables
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.notifications import rules
from campfire_chat.features.notifications.records import Notification, NotificationKind
from campfire_chat.features.notifications.tables import notifications
from campfire_chat.ledger.streams import INBOX_READ

_n = notifications.c
_c = conversation_tables.conversations.c
_p = contact_tables.contacts.c
_m = message_tables.messages.c

#: Where a page ends: a time, and an id.
Place = tuple[int, str]
#: After everything that has happened yet; no id is as great.
NEWEST: Final[Place] = (2**62, "\U0010ffff")

_OWN = (_n.org_id == bindparam("org_id"), _n.agent_id == bindparam("agent_id", type_=String))
_CONVERSATION = and_(_c.org_id == _n.org_id, _c.conversation_id == _n.conversation_id)
_CONTACT = and_(_p.org_id == _c.org_id, _p.contact_id == _c.contact_id)
_MESSAGE = and_(_m.org_id == _n.org_id, _m.message_id == _n.message_id, _m.deleted_at.is_(None))

_participant = msgspec.json.Decoder(Participant).decode
_encode = msgspec.json.Encoder().encode


class _Sight(NamedTuple):
    """Which conversations an agent sees.

    Attributes:
        narrowed: Only those with one of the agent's labels.
        owned: Only those that are assigned to the agent.
    """

    narrowed: bool
    owned: bool


def _seen(engine: Engine, sight: _Sight) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if sight.narrowed:
        wanted.append(visible_to(engine, _c.access_labels))
    if sight.owned:
        wanted.append(_c.assignee_id == _n.agent_id)
    return wanted


def _source(sight: _Sight) -> FromClause:
    """The notifications, and their conversations where these decide what is seen."""
    if not any(sight):
        return notifications
    return notifications.join(conversation_tables.conversations, _CONVERSATION)


def _page(unread: bool, sight: _Sight, engine: Engine) -> ClauseElement:
    joined = (
        notifications.join(conversation_tables.conversations, _CONVERSATION)
        .outerjoin(contact_tables.contacts, _CONTACT)
        .outerjoin(message_tables.messages, _MESSAGE)
    )
    wanted = [
        *_OWN,
        tuple_(_n.at, _n.notification_id)
        < tuple_(bindparam("at", type_=BigInteger), bindparam("id", type_=String)),
        *([_n.read_at.is_(None)] if unread else []),
        *_seen(engine, sight),
    ]
    return (
        select(
            *(_n.notification_id, _n.kind, _n.conversation_id, _n.message_id, _n.actor, _n.at),
            *(_n.read_at, _c.number, _c.subject, _p.contact_id, _p.name, _p.avatar_url),
            *(_m.visibility, _m.body),
        )
        .select_from(joined)
        .where(*wanted)
        .order_by(_n.at.desc(), _n.notification_id.desc())
        .limit(bindparam("count", type_=Integer))
    )


def _count(sight: _Sight, engine: Engine) -> ClauseElement:
    found = (
        select(_n.notification_id)
        .select_from(_source(sight))
        .where(*_OWN, _n.read_at.is_(None), *_seen(engine, sight))
        .limit(rules.MOST_COUNTED)
    )
    return select(func.count()).select_from(found.subquery())


@cache
def page_query(*, unread: bool, narrowed: bool = False, owned: bool = False) -> Query:
    """The notifications of ``agent_id`` before ``at`` and ``id``, at most ``count``, the newest
    first: ``org_id``, and ``labels`` if the host app narrows what the agent sees."""
    return Query(partial(_page, unread, _Sight(narrowed, owned)))


@cache
def count_query(*, narrowed: bool = False, owned: bool = False) -> Query:
    """The number of unread notifications of ``agent_id``: ``org_id``, and ``labels`` as above."""
    return Query(partial(_count, _Sight(narrowed, owned)))


def _known(engine: Engine) -> ClauseElement:
    return select(_n.notification_id, _n.at, _n.read_at).where(
        *_OWN, _n.notification_id.in_(select(engine.each("ids").c.value))
    )


def _unread(some: bool, sight: _Sight, engine: Engine) -> ClauseElement:
    wanted = [*_OWN, _n.read_at.is_(None), *_seen(engine, sight)]
    if some:
        wanted.append(_n.conversation_id.in_(select(engine.each("conversations").c.value)))
    return (
        select(_n.notification_id, _n.kind, _n.conversation_id, _n.at)
        .select_from(_source(sight))
        .where(*wanted)
    )


@cache
def unread_query(*, some: bool, narrowed: bool = False, owned: bool = False) -> Query:
    """What ``agent_id`` has not dealt with, in ``conversations`` or in all: ``org_id``, and
    ``labels`` as above."""
    return Query(partial(_unread, some, _Sight(narrowed, owned)))


def _owners(engine: Engine) -> ClauseElement:
    return select(_c.conversation_id, _c.assignee_id, _c.access_labels).where(
        engine.among(_c.org_id, _c.conversation_id, "ids")
    )


def _old(_: Engine) -> ClauseElement:
    return (
        select(_n.org_id, _n.agent_id, _n.notification_id)
        .where(_n.at < bindparam("before", type_=BigInteger))
        .order_by(_n.at)
        .limit(bindparam("count", type_=Integer))
    )


#: Who has conversations, and their labels.
OWNERS = Query(_owners)
#: What an agent was told already, by the ids of notifications.
KNOWN = Query(_known)
OLD = Query(_old)
WRITE = BulkInsert(
    notifications,
    keys=("org_id", "agent_id", "notification_id"),
    keep=("kind", "conversation_id"),
)
DELETE = BulkDelete(notifications)


class Owned(NamedTuple):
    """Who has a conversation, if anybody, and its access labels."""

    agent_id: str | None
    access_labels: frozenset[str]


class Known(NamedTuple):
    """A notification that is there.

    Attributes:
        at: Microseconds since 1970; so is ``read_at``, which is None while it is unread.
    """

    at: int
    read_at: int | None


class Unread(NamedTuple):
    """A notification that an agent has not dealt with."""

    id: str
    kind: NotificationKind
    conversation_id: str
    at: int


def row_of(organization: str, agent_id: str, due: rules.Due) -> tuple[Any, ...]:
    """The row of a notification that is unread."""
    return (
        *(organization, agent_id, due.id, due.kind.value, due.conversation_id, due.message_id),
        *(None if due.actor is None else _encode(due.actor).decode(), due.at, None),
    )


async def owners(
    session: Session, organization: str, conversations: Sequence[str]
) -> dict[str, Owned]:
    """Who has each of these conversations. Those that do not exist are left out."""
    rows = await session.fetch(
        OWNERS, org_id=organization, ids=session.engine.list_value(conversations)
    )
    return {about: Owned(agent_id, from_stored(labels)) for about, agent_id, labels in rows}


async def known(
    session: Session, organization: str, agent_id: str, ids: Sequence[str]
) -> dict[str, Known]:
    """Which of these notifications an agent has, by their ids."""
    rows = await session.fetch(
        KNOWN, org_id=organization, agent_id=agent_id, ids=session.engine.list_value(ids)
    )
    return {notification_id: Known(at, read_at) for notification_id, at, read_at in rows}


async def unread(
    session: Session,
    organization: str,
    agent_id: str,
    conversations: Sequence[str] | None,
    *,
    seen_by: Actor | None = None,
) -> list[Unread]:
    """What an agent has not dealt with in some conversations; None for all.

    Args:
        seen_by: The agent, if only what is about conversations that they see is wanted.
    """
    sight = {} if seen_by is None else _sight(seen_by)
    labels = {} if seen_by is None else values_for(session.engine, seen_by)
    rows = await session.fetch(
        unread_query(some=conversations is not None, **sight),
        org_id=organization,
        agent_id=agent_id,
        conversations=session.engine.list_value(conversations or ()),
        **labels,
    )
    return [Unread(item, NotificationKind(kind), about, at) for item, kind, about, at in rows]


def _sight(actor: Actor) -> dict[str, bool]:
    return {"narrowed": is_narrowed(actor), "owned": not can(actor, INBOX_READ)}


def _own(session: Session, actor: Actor) -> dict[str, Any]:
    own = {"org_id": actor.organization, "agent_id": actor.principal.id}
    return own | values_for(session.engine, actor)


async def page(
    session: Session, actor: Actor, *, unread: bool, before: Place | None, limit: int
) -> tuple[list[Notification], Place | None]:
    """A page of what the caller is told of, and where the next one begins. What is about
    conversations that the caller does not see any more is left out.

    Args:
        unread: Only what the caller has not dealt with.
    """
    at, id = before or NEWEST
    rows = await session.fetch(
        page_query(unread=unread, **_sight(actor)),
        **_own(session, actor),
        at=at,
        id=id,
        count=limit + 1,
    )
    found = [_record(actor, *row) for row in rows[:limit]]
    following = rows[limit - 1] if len(rows) > limit else None
    return found, None if following is None else (following[5], following[0])


def _record(
    actor: Actor,
    id: str,
    kind: str,
    conversation_id: str,
    message_id: str | None,
    who: str | None,
    at: int,
    read_at: int | None,
    number: int,
    subject: str | None,
    contact_id: str | None,
    contact_name: str | None,
    avatar_url: str | None,
    visibility: str | None,
    body: str | None,
) -> Notification:
    contact = Participant(SenderKind.VISITOR, contact_id or "", contact_name, avatar_url)
    shown = visibility == Visibility.PUBLIC or can(actor, NOTES_READ)
    return Notification(
        id=id,
        kind=NotificationKind(kind),
        conversation_id=conversation_id,
        number=number,
        subject=subject,
        contact_name=contact_name,
        message_id=message_id,
        text=text.preview(body) if body is not None and shown else None,
        actor=contact if who is None else _participant(who),
        at=clock.rfc3339(at),
        read=read_at is not None,
    )


async def count(session: Session, actor: Actor) -> int:
    """How many notifications the caller has not dealt with, at most :data:`rules.MOST_COUNTED`."""
    ((found,),) = await session.fetch(count_query(**_sight(actor)), **_own(session, actor))
    return found
