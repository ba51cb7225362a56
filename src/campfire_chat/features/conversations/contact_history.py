"""What one contact has had with the organisation, as far as an agent may see it: conversations, and
the timeline of these and of what happened to the contact."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Final, Literal

from sqlalchemy import Integer, String, bindparam, select, tuple_
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.access.visibility import is_narrowed, values_for, visible_to
from campfire_chat.core import clock
from campfire_chat.core.errors import NotFoundError
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import Query
from campfire_chat.features.contacts import queries as contact_queries
from campfire_chat.features.conversations import tables
from campfire_chat.features.conversations.codec import CONVERSATION_ROWS
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.records import Status, TimelineEntry, TimelineKind
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.ledger.streams import INBOX_READ

_c = tables.conversations.c

#: Where a page ends: a time, and an id.
Place = tuple[int, str]
#: Before everything that has happened yet; no id is as great.
BEGINNING: Final[Place] = (2**62, "\U0010ffff")

#: By which time the conversations of a contact are sorted.
_Time = Literal["last_activity_at", "created_at", "resolved_at"]


def _page(by: _Time, narrowed: bool, owned: bool, engine: Engine) -> ClauseElement:
    at = _c[by]
    wanted: list[ColumnElement[bool]] = [
        _c.org_id == bindparam("org_id"),
        _c.contact_id == bindparam("contact_id", type_=String),
        tuple_(at, _c.conversation_id)
        < tuple_(bindparam("at", type_=_c.created_at.type), bindparam("id", type_=String)),
    ]
    if narrowed:
        wanted.append(visible_to(engine, _c.access_labels))
    if owned:
        wanted.append(_c.assignee_id == bindparam("agent_id", type_=String))
    latest = (at.desc(), _c.conversation_id.desc())
    limit = bindparam("count", type_=Integer)
    if by == "last_activity_at":
        page = select(tables.conversations).where(*wanted).order_by(*latest).limit(limit)
        found = page.subquery()
        return CONVERSATION_ROWS.select(found).order_by(
            found.c.last_activity_at.desc(), found.c.conversation_id.desc()
        )
    return (
        select(_c.conversation_id, at, _c.subject, _c.status)
        .where(*wanted)
        .order_by(*latest)
        .limit(limit)
    )


@cache
def page_query(by: _Time, *, narrowed: bool = False, owned: bool = False) -> Query:
    """Conversations of ``contact_id`` before ``at`` and ``id``, at most ``count``, the latest
    first: ``org_id``, and ``labels`` or ``agent_id`` for whoever sees only some."""
    return Query(partial(_page, by, narrowed, owned))


async def _fetch(
    session: Session, actor: Actor, contact_id: str, by: _Time, before: Place, limit: int
) -> Sequence[Row]:
    return await session.fetch(
        page_query(by, narrowed=is_narrowed(actor), owned=not can(actor, INBOX_READ)),
        org_id=actor.organization,
        contact_id=contact_id,
        at=before[0],
        id=before[1],
        count=limit,
        agent_id=actor.principal.id,
        **values_for(session.engine, actor),
    )


async def _check(session: Session, actor: Actor, contact_id: str) -> None:
    if await contact_queries.record(session, actor, contact_id) is None:
        raise NotFoundError("There is no such contact.")


async def read_page(
    session: Session, actor: Actor, contact_id: str, before: Place, limit: int
) -> tuple[list[Conversation], Place | None]:
    """A page of the conversations of a contact, the latest activity first, and where the next one
    begins.

    Raises:
        NotFoundError: There is no such contact, or none that the caller sees.
    """
    await _check(session, actor, contact_id)
    rows = await _fetch(session, actor, contact_id, "last_activity_at", before, limit + 1)
    page = [CONVERSATION_ROWS.read(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return page, None
    return page, (page[-1].last_activity_at, page[-1].id)


async def read_timeline(
    session: Session, actor: Actor, contact_id: str, before: Place, limit: int
) -> tuple[list[TimelineEntry], Place | None]:
    """A page of what happened, the latest first, and where the next one begins.

    Raises:
        NotFoundError: There is no such contact, or none that the caller sees.
    """
    await _check(session, actor, contact_id)
    found: list[TimelineEntry] = []
    kinds: dict[_Time, TimelineKind] = {
        "created_at": TimelineKind.CONVERSATION_BEGUN,
        "resolved_at": TimelineKind.CONVERSATION_RESOLVED,
    }
    for by, kind in kinds.items() if can(actor, CONVERSATIONS_READ) else ():
        rows = await _fetch(session, actor, contact_id, by, before, limit + 1)
        found += [_entry(kind, *row) for row in rows]
    organization = actor.organization
    for change in await contact_queries.changes(
        session, organization, contact_id, before, limit + 1
    ):
        found.append(
            TimelineEntry(
                id=change.id,
                at=change.at,
                kind=TimelineKind(change.kind.value),
                actor=change.actor,
                fields=change.fields,
            )
        )
    found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    shown = found[:limit]
    if len(found) <= limit:
        return shown, None
    return shown, (clock.parse_rfc3339(shown[-1].at), shown[-1].id)


def _entry(
    kind: TimelineKind, conversation_id: str, at: int, subject: str | None, status: str
) -> TimelineEntry:
    return TimelineEntry(
        id=conversation_id,
        at=clock.rfc3339(at),
        kind=kind,
        subject=subject,
        status=Status(status),
    )
