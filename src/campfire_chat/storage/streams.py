"""Queries about streams and the events in them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import bindparam, func, literal, select, tuple_
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.domain import streams
from campfire_chat.domain.principal import Scope
from campfire_chat.errors import NotFoundError
from campfire_chat.storage import conversations, tables
from campfire_chat.storage.dialects import Engine
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.statement import Prepared, Query

_s = tables.streams.c
_e = tables.events.c

#: Events of one replay page, and the characters after which a page ends early: a frame stays
#: far below what servers and proxies buffer.
PAGE_EVENTS = 200
PAGE_CHARACTERS = 256 * 1024


class Page(Struct, frozen=True):
    """A page of a stream.

    Attributes:
        events: Seq and wire text of each.
        head: The stream's head when the page was read.
        first: The oldest seq that is still kept.
        more: Whether events after these had been committed by then.
    """

    events: list[tuple[int, str]]
    head: int
    first: int
    more: bool


def _heads(engine: Engine) -> ClauseElement:
    return select(_s.stream, _s.head).where(engine.among(_s.org_id, _s.stream, "names"))


def _inbox_heads(engine: Engine) -> ClauseElement:
    each = engine.each("organizations").c.value
    wanted = select(each, literal(streams.inbox("")).concat(each))
    return select(_s.org_id, _s.head).where(tuple_(_s.org_id, _s.stream).in_(wanted))


def _lock(engine: Engine) -> ClauseElement:
    query = (
        select(_s.stream, _s.head)
        .where(engine.among(_s.org_id, _s.stream, "names"))
        .order_by(_s.stream)
    )
    # Sorted, so that two transactions can never wait for each other.
    return query.with_for_update() if engine.lock_rows else query


def _after(_: Engine) -> ClauseElement:
    return (
        select(_e.seq, _e.payload)
        .where(
            _e.org_id == bindparam("org_id"),
            _e.stream == bindparam("stream"),
            _e.seq > bindparam("after"),
        )
        .order_by(_e.seq)
        .limit(bindparam("count", type_=tables.conversations.c.reopen_count.type))
    )


HEADS = Query(_heads)
INBOX_HEADS = Query(_inbox_heads)
LOCK = Query(_lock)
AFTER = Query(_after)


def lock(engine: Engine, organization: str, names: Sequence[str]) -> Prepared:
    """The query that locks the heads of streams, in sorted order, and returns them."""
    return LOCK.prepare(engine, {"org_id": organization, "names": engine.list_value(names)})


async def authorize(session: Session, scope: Scope, name: str) -> streams.Stream:
    """The stream, if the caller belongs to its audience.

    Raises:
        NotFoundError: No such stream, or not one that the caller may see.
    """
    stream = streams.parse(name)
    if stream.kind == "inbox":
        if not scope.is_agent or stream.subject != scope.organization:
            raise NotFoundError("There is no such stream.")
        return stream
    if stream.kind == "notes" and not scope.is_agent:
        raise NotFoundError("There is no such stream.")
    try:
        await conversations.get(session, scope, stream.subject)
    except NotFoundError:
        raise NotFoundError("There is no such stream.") from None
    return stream


async def heads(session: Session, organization: str, names: Sequence[str]) -> dict[str, int]:
    """The heads of streams; one without events yet is missing."""
    rows = await session.fetch(HEADS, org_id=organization, names=session.engine.list_value(names))
    return {row[0]: row[1] for row in rows}


async def inbox_heads(session: Session, organizations: Sequence[str]) -> dict[str, int]:
    """The heads of organisations' inboxes; one without events yet is missing."""
    rows = await session.fetch(INBOX_HEADS, organizations=session.engine.list_value(organizations))
    return {row[0]: row[1] for row in rows}


async def read_page(
    session: Session, organization: str, stream: str, after: int, limit: int = PAGE_EVENTS
) -> Page:
    """Events after ``after``, in order; for callers that passed :func:`authorize`."""
    # The head first: whatever is committed in between is at most read early, never missed.
    head = (await heads(session, organization, [stream])).get(stream, 0)
    rows = await session.fetch(AFTER, org_id=organization, stream=stream, after=after, count=limit)
    events: list[tuple[int, str]] = []
    size = 0
    for seq, payload in rows:
        if events and size + len(payload) > PAGE_CHARACTERS:
            break
        events.append((seq, payload))
        size += len(payload)
    if events:
        # Committed after the head was read.
        head = max(head, events[-1][0])
    first = after + 1
    if head > after and (not events or events[0][0] != first):
        first = await _first(session, organization, stream, default=head + 1)
    more = head > (events[-1][0] if events else after)
    return Page(events=events, head=head, first=first, more=more)


async def _first(session: Session, organization: str, stream: str, *, default: int) -> int:
    row = await session.first(
        select(func.min(_e.seq).label("first")).where(
            _e.org_id == organization, _e.stream == stream
        )
    )
    return default if row is None or row["first"] is None else row["first"]
