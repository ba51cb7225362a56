"""Queries for streams and their events."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    Text,
    bindparam,
    case,
    column,
    func,
    insert,
    literal,
    null,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Prepared
from campfire_chat.database.statement import Query
from campfire_chat.ledger import streams, tables

_s = tables.streams.c
_e = tables.events.c

#: The name of a stream, and the first and the last seq that a flush appended to it.
Span = tuple[str, int, int]

_decode_spans = msgspec.json.Decoder(list[Span]).decode

#: Number of events of a replay page, and the number of characters after which a page ends early,
#: so that a frame stays far below what servers and proxies buffer.
PAGE_EVENTS = 200
PAGE_CHARACTERS = 256 * 1024


class StreamPage(Struct, frozen=True):
    """A page of a stream.

    Attributes:
        events: The seq and the wire text of each event.
        head: The stream's head when the page was read.
        first: The oldest seq that is still stored.
        more: Whether there were later events at that time.
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
    query = select(_s.head).where(
        _s.org_id == bindparam("org_id"), _s.stream == bindparam("stream")
    )
    return query.with_for_update(key_share=True) if engine.lock_rows else query


def _page(_: Engine) -> ClauseElement:
    """The head, without a payload, and then the events, in one query."""
    head = select(_s.head.label("seq"), null().cast(Text).label("payload")).where(
        _s.org_id == bindparam("org_id"), _s.stream == bindparam("stream")
    )
    events = (
        select(_e.seq, _e.payload)
        .where(
            _e.org_id == bindparam("org_id"),
            _e.stream == bindparam("stream"),
            _e.seq > bindparam("after", type_=_e.seq.type),
        )
        .order_by(_e.seq)
        .limit(bindparam("count", type_=Integer))
        .subquery()
    )
    return union_all(head, select(events))


def _newest(engine: Engine) -> ClauseElement:
    """The last few events of each of several streams."""
    wanted = engine.each("names")
    near = (
        (_e.org_id == _s.org_id)
        & (_e.stream == _s.stream)
        & (_e.seq > _s.head - bindparam("depth", type_=_s.head.type))
    )
    named = (_s.org_id == bindparam("org_id")) & (_s.stream == wanted.c.value)
    # Outer joins, and no sorting: otherwise SQLite would read the organisation's whole log.
    return select(_e.stream, _e.seq, _e.payload).select_from(
        wanted.outerjoin(tables.streams, named).outerjoin(tables.events, near)
    )


def _spans(_: Engine) -> ClauseElement:
    return select(_e.seq, _e.spans).where(
        _e.org_id == bindparam("org_id"),
        _e.stream == bindparam("stream"),
        _e.seq > bindparam("after", type_=_e.seq.type),
        _e.seq <= bindparam("head", type_=_e.seq.type),
    )


def _first(_: Engine) -> ClauseElement:
    return select(func.min(_e.seq)).where(
        _e.org_id == bindparam("org_id"), _e.stream == bindparam("stream")
    )


#: What is passed of each event of an inbox: its text before and after the seq, and its number
#: among them.
TOLD = ("before", "after", "event", "text_of", "at", "number")


def _tell(engine: Engine) -> ClauseElement:
    """Write events, complete except for their seq, into an inbox, and return its head.

    The statement itself takes the lock of the inbox, which is then held only until the commit.
    """
    count = bindparam("count", type_=_s.head.type)
    advanced = (
        update(tables.streams)
        .where(_s.org_id == bindparam("org_id"), _s.stream == bindparam("stream"))
        .values(head=_s.head + count)
        .returning(_s.head)
        .cte("advanced")
    )
    types = (Text, Text, String, String, BigInteger, BigInteger)
    item = engine.select_rows(
        [column(name, kind) for name, kind in zip(TOLD, types, strict=True)]
    ).subquery("item")
    seq = advanced.c.head - count + item.c.number
    rows = select(
        bindparam("org_id", type_=String),
        bindparam("stream", type_=String),
        seq,
        item.c.event,
        item.c.at,
        item.c.text_of,
        item.c.before.concat(seq.cast(Text)).concat(item.c.after),
        case((item.c.number == count, bindparam("spans", type_=Text))),
    ).select_from(item.join(advanced, true()))
    told = insert(tables.events).from_select([item.name for item in tables.events.c], rows)
    return select(advanced.c.head).add_cte(told.cte("told"))


HEADS = Query(_heads)
#: For engines that take sets of rows.
TELL = Query(_tell)
INBOX_HEADS = Query(_inbox_heads)
LOCK = Query(_lock)
PAGE = Query(_page)
FIRST = Query(_first)
SPANS = Query(_spans)
NEWEST = Query(_newest)


def lock(engine: Engine, organization: str, name: str) -> Prepared:
    """The query that locks the head of a stream and returns it."""
    return LOCK.prepare(engine, {"org_id": organization, "stream": name})


async def heads(session: Session, organization: str, names: Sequence[str]) -> dict[str, int]:
    """The heads of streams. Streams without events are left out."""
    rows = await session.fetch(HEADS, org_id=organization, names=session.engine.list_value(names))
    return {row[0]: row[1] for row in rows}


async def inbox_heads(session: Session, organizations: Sequence[str]) -> dict[str, int]:
    """The heads of inboxes. Inboxes without events are left out."""
    rows = await session.fetch(INBOX_HEADS, organizations=session.engine.list_value(organizations))
    return {row[0]: row[1] for row in rows}


async def read_page(
    session: Session, organization: str, stream: str, after: int, limit: int = PAGE_EVENTS
) -> StreamPage:
    """Events after ``after``, in order. The caller has to check permission first."""
    rows = await session.fetch(PAGE, org_id=organization, stream=stream, after=after, count=limit)
    head = max((seq for seq, payload in rows if payload is None), default=0)
    events: list[tuple[int, str]] = []
    size = 0
    for seq, payload in rows:
        if payload is None:
            continue
        if events and size + len(payload) > PAGE_CHARACTERS:
            break
        events.append((seq, payload))
        size += len(payload)
    last = events[-1][0] if events else after
    first = after + 1
    if head > after and (not events or events[0][0] != first):
        found = await session.fetch(FIRST, org_id=organization, stream=stream)
        first = head + 1 if found[0][0] is None else found[0][0]
    return StreamPage(events=events, head=head, first=first, more=head > last)


async def appended(session: Session, organization: str, after: int, head: int) -> set[str] | None:
    """The streams, with the inbox itself, to which the commits have appended that told the inbox
    of something after ``after`` up to ``head``. None if an entry is not stored any more."""
    name = streams.inbox(organization)
    rows = await session.fetch(SPANS, org_id=organization, stream=name, after=after, head=head)
    if len(rows) != head - after:
        return None
    told = [_decode_spans(spans) for _, spans in rows if spans is not None]
    return {name, *(stream for spans in told for stream, _, _ in spans)}


async def newest(
    session: Session, organization: str, names: Sequence[str], depth: int
) -> list[tuple[str, int, str]]:
    """The last ``depth`` events of each of several streams: name, seq and wire text, in order."""
    rows = await session.fetch(
        NEWEST, org_id=organization, names=session.engine.list_value(names), depth=depth
    )
    return sorted((name, seq, payload) for name, seq, payload in rows if seq is not None)
