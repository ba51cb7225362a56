"""A write batch: everything that one transaction of the ledger will write, collected in memory.

It is written with a few bulk statements. So a transaction costs about the same for one message as
for two hundred.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.core import clock
from campfire_chat.core.errors import NotFoundError
from campfire_chat.database.dialects import Engine
from campfire_chat.database.prepared import Prepared, Row
from campfire_chat.database.statement import BulkInsert
from campfire_chat.ledger import event_log, statements, streams
from campfire_chat.ledger.aggregate import Aggregate, AggregateKind, AnyKind, StreamOf
from campfire_chat.ledger.event_log import Span
from campfire_chat.ledger.events import EventFrame, EventType
from campfire_chat.ledger.inbox_entry import InboxEntry
from campfire_chat.ledger.lookups import Lookup, Related

_encode = msgspec.json.Encoder().encode

A = TypeVar("A", bound=Aggregate)
V = TypeVar("V")

#: The organisation and the name of a stream.
StreamKey = tuple[str, str]
#: The heads of streams.
Heads = Mapping[StreamKey, int]
#: The organisation and the id of an aggregate.
AggregateKey = tuple[str, str]
#: A related record: its kind, the organisation, the id of the aggregate, its key in there.
RelatedKey = tuple[Related[Any], str, str, Hashable]
Writes = list[tuple[BulkInsert, Sequence[Row]]]


class Committed(NamedTuple):
    """A committed event: its place, and the text that every client receives."""

    organization: str
    stream: str
    seq: int
    payload: str


class Notice(NamedTuple):
    """A frame that connected clients are sent after the commit. It is not kept."""

    organization: str
    stream: str
    frame: Struct


class Unread(Exception):
    """A record that is needed is not in memory and has to be read first."""


class Records(Struct):
    """Records in memory.

    Attributes:
        heads: The head of each stream.
        aggregates: By organisation and id. None means that it does not exist.
        related: Records that belong to aggregates. Only for aggregates in ``with_related`` does a
            missing entry mean that there is none.
    """

    heads: dict[StreamKey, int] = {}
    aggregates: dict[AggregateKey, Aggregate | None] = {}
    related: dict[RelatedKey, Any] = {}
    with_related: set[tuple[Related[Any], str, str]] = set()


class WriteBatch:
    """See the module.

    Args:
        records: The records that the batch starts from. They change with the batch.
        now: The time of the changes, in microseconds.

    Attributes:
        tells_streams: Whether :meth:`tell_stream` can be used.
        based_on: The heads, before the batch, of every aggregate that it used. If they are
            unchanged when the batch is written, the aggregates are unchanged too, because every
            change moves a head.
        repeated: The heads of streams in which a repeated write was found. The process that
            stored it may have crashed before it announced it.
        next_job_at: When the earliest job that it defers may begin; None without one.
    """

    tells_streams: ClassVar[bool] = False

    def __init__(self, records: Records, now: int) -> None:
        self.now = now
        self.records = records
        self.committed: list[Committed] = []
        self.notices: dict[Hashable, Notice] = {}
        self.repeated: dict[StreamKey, int] = {}
        self.based_on: dict[AggregateKey, tuple[AnyKind, tuple[int, ...]]] = {}
        self.next_job_at: int | None = None
        self._found: dict[tuple[Lookup[Any], str, str], Any] = {}
        self._touched: dict[AggregateKey, tuple[AnyKind, Aggregate]] = {}
        self._changed_heads: set[StreamKey] = set()
        self._untold: dict[str, list[InboxEntry]] = {}
        self._first_seqs: dict[StreamKey, int] = {}
        self._event_rows: list[Row] = []
        self._rows: dict[BulkInsert, list[Row]] = {}
        self._keyed_rows: dict[BulkInsert, dict[Any, Row]] = {}

    # Records in memory.

    def aggregate(self, kind: AggregateKind[A], actor: Actor, aggregate_id: str) -> A:
        """An aggregate from memory, if the caller may see it.

        Raises:
            NotFoundError: There is none, or not one that the caller may see.
            Unread: It was not read yet.
        """
        key = (actor.organization, aggregate_id)
        try:
            found: Any = self.records.aggregates[key]
        except KeyError:
            raise Unread from None
        if found is None or not can(actor, kind.permission, found):
            raise NotFoundError(kind.missing)
        if key not in self.based_on:
            self.based_on[key] = (kind, kind.heads(found))
        return found

    def related(
        self, related: Related[V], organization: str, aggregate_id: str, key: Hashable
    ) -> V | None:
        """A record that belongs to an aggregate; None if there is none.

        Raises:
            Unread: The aggregate's were not read yet.
        """
        if (related, organization, aggregate_id) not in self.records.with_related:
            raise Unread
        return self.records.related.get((related, organization, aggregate_id, key))

    def set_related(
        self, related: Related[V], organization: str, aggregate_id: str, key: Hashable, record: V
    ) -> None:
        """Note the new state of a related record. Its row is written by :meth:`upsert`."""
        self.records.related[related, organization, aggregate_id, key] = record

    def was_looked_up(self, lookup: Lookup[Any], organization: str, key: str) -> bool:
        """Whether this transaction has looked a record up, or found one of its own."""
        return (lookup, organization, key) in self._found

    def found(self, lookup: Lookup[V], organization: str, key: str) -> V | None:
        """What was looked up, or noted by :meth:`note`. None if nothing was found."""
        return self._found.get((lookup, organization, key))

    def note(self, lookup: Lookup[V], organization: str, key: str, record: V | None) -> None:
        """Have later operations of this transaction find a record."""
        self._found[lookup, organization, key] = record

    def repeat(self, kind: AnyKind, aggregate: Aggregate) -> None:
        """Note that a write to the aggregate was a repetition."""
        organization = aggregate.organization
        for stream, head in zip(kind.streams, kind.heads(aggregate), strict=True):
            self.repeated[organization, stream.name(aggregate.id)] = head
        inbox = (organization, streams.inbox(organization))
        if inbox in self.records.heads:
            self.repeated[inbox] = self.records.heads[inbox]

    # Changes to write.

    def touch(self, kind: AggregateKind[A], aggregate: A) -> None:
        """Note that the row has to be written, and the inbox has to tell of it."""
        self._touched[aggregate.organization, aggregate.id] = (kind, aggregate)

    def append(
        self,
        kind: AggregateKind[A],
        aggregate: A,
        stream: StreamOf,
        event: EventType,
        data: Struct,
        at: int,
    ) -> int:
        """Add an event to one of an aggregate's streams and return its seq."""
        seq = self.append_to(aggregate.organization, stream.name(aggregate.id), event, data, at)
        setattr(aggregate, stream.head, seq)
        self.touch(kind, aggregate)
        return seq

    def append_to(
        self, organization: str, name: str, event: EventType, data: Struct, at: int
    ) -> int:
        """Add an event to a stream whose head is in memory, and return its seq."""
        key = (organization, name)
        seq = self.records.heads[key] + 1
        self.records.heads[key] = seq
        self._changed_heads.add(key)
        payload = _encode(
            EventFrame(stream=name, seq=seq, event=event.name, at=clock.rfc3339(at), data=data)
        ).decode()
        row = (organization, name, seq, event.name, at, event.text_of(data), payload)
        self._event_rows.append(row)
        self._first_seqs.setdefault(key, seq)
        self.committed.append(Committed(organization, name, seq, payload))
        return seq

    def tell_inbox(self, organization: str, event: EventType, data: Struct) -> None:
        """Add an event to the inbox of an organisation. Its seq is given out at the end."""
        self._untold.setdefault(organization, []).append(
            InboxEntry(organization, event, data, self.now)
        )

    def tell_stream(self, organization: str, name: str, event: EventType, data: Struct) -> None:
        """Add an event to a stream that belongs to no aggregate, and that is no inbox.

        Raises:
            Unread: The heads of such streams are never in memory; only a transaction reads them.
        """
        raise Unread

    def insert(self, statement: BulkInsert, row: Row) -> None:
        """Write a new row."""
        rows = self._rows.get(statement)
        if rows is None:
            rows = self._rows[statement] = []
        rows.append(row)

    def upsert(self, statement: BulkInsert, key: Any, row: Row) -> None:
        """Write a row that may be there already. Of several with one key the last one counts,
        since one statement cannot write a row twice."""
        self._keyed_rows.setdefault(statement, {})[key] = row

    def notify(self, key: Hashable, notice: Notice) -> None:
        """Send a frame after the commit. Of several with one key the last one is sent."""
        self.notices[key] = notice

    def work_waits(self, at: int) -> None:
        """Note that the batch defers work that may begin at that time."""
        if self.next_job_at is None or at < self.next_job_at:
            self.next_job_at = at

    def begin_stream(self, organization: str, name: str) -> None:
        """Write the row of a stream without events. A row that does not exist cannot be locked
        later."""
        self.records.heads[organization, name] = 0
        self._changed_heads.add((organization, name))

    # Writing.

    def writes(self) -> Writes:
        """Return the collected changes, except for the inboxes, as statements with their rows.
        Afterwards the batch no longer holds them."""
        for kind, aggregate in self._touched.values():
            self.tell_inbox(aggregate.organization, kind.list_event, kind.list_data(aggregate))
            self.upsert(kind.write, aggregate.id, kind.rows.write(aggregate))
        if any(organization not in self._untold for organization, _ in self._first_seqs):
            raise AssertionError("events of which no inbox tells would not be in the feed")
        for key in self._changed_heads:
            self.upsert(statements.WRITE_STREAMS, key, (*key, self.records.heads[key]))
        writes: Writes = [(statement, rows) for statement, rows in self._rows.items() if rows]
        if self._event_rows:
            writes.append((statements.INSERT_EVENTS, self._event_rows))
        # In one order for everybody, so that no two processes can wait for each other's rows.
        writes += [
            (statement, [rows[key] for key in sorted(rows)])
            for statement, rows in self._keyed_rows.items()
        ]
        writes.sort(key=lambda item: item[0].table.name)
        self._touched, self._changed_heads = {}, set()
        self._event_rows, self._rows, self._keyed_rows = [], {}, {}
        return writes

    @property
    def telling(self) -> set[str]:
        """The organisations whose inboxes will be told something."""
        return {*self._untold, *(organization for organization, _ in self._touched)}

    @property
    def untold(self) -> dict[str, int]:
        """The number of events for the inbox of each organisation."""
        return {organization: len(items) for organization, items in self._untold.items()}

    def tell_inboxes(self, heads: Mapping[str, int]) -> Sequence[Row]:
        """The events for the inboxes, as rows, after these heads.

        They come last. Every write in an organisation changes its inbox, so its lock should be
        held as briefly as possible. The last of them carries the spans of the flush. The lock
        is held until the commit, so the events of an inbox, and with them the spans, are in
        the order of commits.
        """
        rows: list[Row] = []
        spans = self._spans()
        for organization, items in self._untold.items():
            name = streams.inbox(organization)
            seq = heads[organization]
            for item in items:
                seq += 1
                payload = item.payload(seq)
                mine = spans[organization] if item is items[-1] else None
                rows.append(
                    (organization, name, seq, item.event, item.at, item.text_of, payload, mine)
                )
                self.committed.append(Committed(organization, name, seq, payload))
            self.records.heads[organization, name] = seq
        self._untold, self._first_seqs = {}, {}
        return rows

    def _spans(self) -> dict[str, str]:
        """What was appended to streams but the inboxes, as JSON, by organisation."""
        heads = self.records.heads
        spans: dict[str, list[Span]] = {organization: [] for organization in self._untold}
        for key, first in self._first_seqs.items():
            spans[key[0]].append((key[1], first, heads[key]))
        return {organization: _encode(some).decode() for organization, some in spans.items()}

    def tell(self, engine: Engine) -> list[tuple[str, Prepared]]:
        """The statements that write the events of the inboxes, for an engine that takes sets.
        All processes use the same order. Call :meth:`told` afterwards."""
        spans = self._spans()
        return [
            (
                organization,
                event_log.TELL.prepare(
                    engine,
                    {
                        "org_id": organization,
                        "stream": streams.inbox(organization),
                        "count": len(items),
                        **engine.rows_values(
                            event_log.TOLD,
                            [
                                (item.before, item.after, item.event, item.text_of, item.at, number)
                                for number, item in enumerate(items, 1)
                            ],
                        ),
                        "spans": spans[organization],
                    },
                ),
            )
            for organization, items in sorted(self._untold.items())
        ]

    def told(self, heads: Mapping[str, int]) -> None:
        """Note the heads of the inboxes after their events were written."""
        self.tell_inboxes({name: heads[name] - count for name, count in self.untold.items()})

    def inbox_writes(self) -> Writes:
        """The events for the inboxes whose heads are in memory, and the heads after them."""
        inboxes = [(name, streams.inbox(name)) for name in sorted(self._untold)]
        if not inboxes:
            return []
        told = self.tell_inboxes({key[0]: self.records.heads[key] for key in inboxes})
        rows = [(*key, self.records.heads[key]) for key in inboxes]
        return [(statements.INSERT_TOLD, told), (statements.WRITE_STREAMS, rows)]

    def inserts_so_far(self, statement: BulkInsert) -> Writes:
        """Only the new rows of one statement, for a query that needs them next."""
        rows = self._rows.pop(statement, [])
        return [(statement, rows)] if rows else []

    def forget(self) -> None:
        """Discard the collected changes and the records, except the heads."""
        self.records.aggregates = {}
        self.records.related = {}
        self.records.with_related = set()
        self._touched = {}
        self._changed_heads = set()
        self._untold = {}
        self._first_seqs = {}
        self._event_rows = []
        self._rows = {}
        self._keyed_rows = {}
