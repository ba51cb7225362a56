"""Reads the feed of an organisation: every event once, in the order of the commits.

Every flush that appends events also tells the inbox of its organisation, as the last thing before
the COMMIT. The lock of the inbox is held until then. So the seqs of the inbox are given out in the
order of the commits, and whoever sees one of them sees all before it. The last entry of each flush
says, as spans, what the flush appended to other streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Integer, and_, bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import Query
from campfire_chat.ledger import streams, tables
from campfire_chat.ledger.event_log import Span

_e = tables.events.c

#: Entries of an inbox that are read at a time, and the most that are read to find the end of one
#: flush.
PAGE_ENTRIES = 200
MAX_ENTRIES = 100_000
#: Events after which a page ends early, at the end of a flush.
PAGE_EVENTS = 1_000

_spans = msgspec.json.Decoder(list[Span]).decode


class FeedEvent(Struct, frozen=True):
    """An event in the feed.

    Attributes:
        position: The place of its flush in the feed: the seq of the last entry of the inbox that
            belongs to the flush.
        number: Which event of the flush it is, from 0.
        at: Microseconds since 1970.
        payload: The text that clients receive.
    """

    organization: str
    position: int
    number: int
    stream: str
    seq: int
    event: str
    at: int
    payload: str


class FeedPage(Struct, frozen=True):
    """A part of a feed.

    Attributes:
        events: In the order of the commits; those of one stream in the order of their seqs.
        position: How far it reaches. The next page begins there.
    """

    events: list[FeedEvent]
    position: int


def _entries(_: Engine) -> ClauseElement:
    return (
        select(_e.seq, _e.event, _e.at, _e.payload, _e.spans)
        .where(
            _e.org_id == bindparam("org_id"),
            _e.stream == bindparam("stream"),
            _e.seq > bindparam("after", type_=_e.seq.type),
        )
        .order_by(_e.seq)
        .limit(bindparam("count", type_=Integer))
    )


def _in_spans(engine: Engine) -> ClauseElement:
    spans = engine.each_span("spans")
    # An outer join, which keeps the order of the tables: SQLite would read the whole log instead.
    return select(_e.stream, _e.seq, _e.event, _e.at, _e.payload).select_from(
        spans.outerjoin(
            tables.events,
            and_(
                _e.org_id == bindparam("org_id"),
                _e.stream == spans.c.name,
                _e.seq >= spans.c.first,
                _e.seq <= spans.c.last,
            ),
        )
    )


def _one(_: Engine) -> ClauseElement:
    return select(_e.event, _e.at, _e.payload).where(
        _e.org_id == bindparam("org_id"),
        _e.stream == bindparam("stream"),
        _e.seq == bindparam("seq", type_=_e.seq.type),
    )


ENTRIES = Query(_entries)
IN_SPANS = Query(_in_spans)
ONE = Query(_one)


class _Flush(Struct):
    """What one flush wrote: its entries of the inbox, and its spans of other streams."""

    entries: list[Row]
    spans: list[Span]

    @property
    def position(self) -> int:
        return self.entries[-1][0]


async def read_page(session: Session, organization: str, after: int) -> FeedPage:
    """The events of an organisation after a position."""
    flushes = _flushes(await _read_entries(session, organization, after))
    spans = [span for flush in flushes for span in flush.spans]
    rows: Sequence[Row] = ()
    if spans:
        rows = await session.fetch(
            IN_SPANS, org_id=organization, spans=session.engine.spans_value(spans)
        )
    found = {(row[0], row[1]): row[2:] for row in rows}
    events: list[FeedEvent] = []
    for flush in flushes:
        places = [
            (name, seq) for name, first, last in flush.spans for seq in range(first, last + 1)
        ]
        # What is not there was removed by whoever keeps the log short.
        rows_of = [(*place, *found[place]) for place in places if place in found]
        inbox = streams.inbox(organization)
        rows_of += [(inbox, *entry[:4]) for entry in flush.entries]
        events += [
            FeedEvent(organization, flush.position, number, *row)
            for number, row in enumerate(rows_of)
        ]
    return FeedPage(events, flushes[-1].position if flushes else after)


async def read_one(
    session: Session, organization: str, position: int, number: int, stream: str, seq: int
) -> FeedEvent | None:
    """An event whose place in the feed is known; None if it was removed."""
    rows = await session.fetch(ONE, org_id=organization, stream=stream, seq=seq)
    return FeedEvent(organization, position, number, stream, seq, *rows[0]) if rows else None


async def _read_entries(session: Session, organization: str, after: int) -> Sequence[Row]:
    """Entries of the inbox, up to the end of at least one flush if there is any."""
    count = PAGE_ENTRIES
    while True:
        rows = await session.fetch(
            ENTRIES,
            org_id=organization,
            stream=streams.inbox(organization),
            after=after,
            count=count,
        )
        if len(rows) < count or any(row[4] is not None for row in rows):
            return rows
        if count >= MAX_ENTRIES:
            raise AssertionError(f"no flush ends within {count} entries after {after}")
        count *= 8


def _flushes(rows: Iterable[Row]) -> list[_Flush]:
    """Whole flushes, and not many more events than a page should have."""
    flushes: list[_Flush] = []
    entries: list[Row] = []
    events = 0
    for row in rows:
        entries.append(row)
        if row[4] is None:
            continue
        flush = _Flush(entries, _spans(row[4]))
        entries = []
        flushes.append(flush)
        events += len(flush.entries) + sum(last - first + 1 for _, first, last in flush.spans)
        if events >= PAGE_EVENTS:
            break
    return flushes
