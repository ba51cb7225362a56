"""A transaction of the locking path: it reads what it changes under its own locks.

The optimistic path, for aggregates that this process holds in memory, uses
:class:`~campfire_chat.ledger.write_batch.WriteBatch` alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from campfire_chat.core.clock import Clock
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.ledger import event_log, statements, streams
from campfire_chat.ledger.aggregate import Aggregate, AggregateKind, AnyKind
from campfire_chat.ledger.events import HIDDEN, EventType, Nothing
from campfire_chat.ledger.lookups import Lookup, Related
from campfire_chat.ledger.write_batch import (
    AggregateKey,
    Notice,
    Records,
    StreamKey,
    WriteBatch,
)

A = TypeVar("A", bound=Aggregate)

#: The number of committed events, the heads, the notices and what was found.
RestorePoint = tuple[int, dict[StreamKey, int], dict[Hashable, Notice], dict[Any, Any]]


class Transaction(WriteBatch):
    """See the module. The ledger creates it when the database transaction has begun.

    Attributes:
        session: The connection. What it changes is part of the transaction.
        version: The version of the database, for batches that build on this transaction.
        altered: The ids of records, such as agents, of which aggregates in memory may now hold an
            old copy.
    """

    tells_streams = True

    def __init__(self, session: Session, now: Clock) -> None:
        super().__init__(Records(), now())
        self.session = session
        self.version = 0
        self.altered: set[str] = set()
        self._without_inbox: set[str] = set()
        self._to_streams: list[tuple[StreamKey, EventType, Struct]] = []
        self._kinds: dict[AggregateKey, AnyKind] = {}

    def kind_of(self, key: AggregateKey) -> AnyKind:
        """The kind of an aggregate that was read or added."""
        return self._kinds[key]

    # Reading.

    def took_inbox(self, organization: str, rows: Sequence[Row]) -> None:
        self.records.heads[organization, streams.inbox(organization)] = rows[0][0] if rows else 0
        if not rows:
            self._without_inbox.add(organization)

    def took_aggregates(
        self, kind: AnyKind, organization: str, ids: Iterable[str], rows: Sequence[Row]
    ) -> None:
        for aggregate_id in ids:
            self.records.aggregates[organization, aggregate_id] = None
        for row in rows:
            found = kind.rows.read(row)
            self.records.aggregates[organization, found.id] = found
            self._kinds[organization, found.id] = kind
            for stream, head in zip(kind.streams, kind.heads(found), strict=True):
                self.records.heads[organization, stream.name(found.id)] = head

    def took_related(
        self, related: Related[Any], organization: str, ids: Iterable[str], rows: Sequence[Row]
    ) -> None:
        self.records.with_related.update((related, organization, item) for item in ids)
        for row in rows:
            aggregate_id, key, record = related.read(row)
            self.records.related[related, organization, aggregate_id, key] = record

    def took_found(
        self, lookup: Lookup[Any], organization: str, keys: Iterable[str], rows: Sequence[Row]
    ) -> None:
        for key in keys:
            self.note(lookup, organization, key, None)
        for row in rows:
            key, record = lookup.read(row)
            self.note(lookup, organization, key, record)

    async def load(self, kind: AnyKind, organization: str, ids: Iterable[str]) -> None:
        """Read aggregates that are not in memory."""
        missing = [item for item in ids if (organization, item) not in self.records.aggregates]
        if missing:
            rows = await self._fetch_by_ids(kind.by_id, organization, missing)
            self.took_aggregates(kind, organization, missing, rows)

    async def load_related(
        self, related: Related[Any], organization: str, ids: Iterable[str]
    ) -> None:
        """Read the related records of aggregates, unless they are in memory."""
        missing = [
            item for item in ids if (related, organization, item) not in self.records.with_related
        ]
        if missing:
            rows = await self._fetch_by_ids(related.query, organization, missing)
            self.took_related(related, organization, missing, rows)

    async def look_up(self, lookup: Lookup[Any], organization: str, key: str) -> Any:
        """A record that is found by a key; None if there is none."""
        if not self.was_looked_up(lookup, organization, key):
            keys = self.session.engine.list_value([key])
            rows = await self.session.fetch(lookup.query, org_id=organization, keys=keys)
            self.took_found(lookup, organization, [key], rows)
        return self.found(lookup, organization, key)

    async def _fetch_by_ids(
        self, query: Query, organization: str, ids: Sequence[str]
    ) -> Sequence[Row]:
        return await self.session.fetch(
            query, org_id=organization, ids=self.session.engine.list_value(ids)
        )

    async def ensure_inboxes(self) -> None:
        """Create and lock the inbox of an organisation that has no events yet.

        A row that does not exist cannot be locked, and two processes must not both begin at 1.
        """
        for organization in sorted(self._without_inbox):
            name = streams.inbox(organization)
            await self.session.write(statements.ENSURE_STREAMS, [(organization, name, 0)])
            rows = await self.session.run(event_log.lock(self.session.engine, organization, name))
            self.records.heads[organization, name] = rows[0][0]
        self._without_inbox.clear()

    # Writing.

    def add(self, kind: AggregateKind[A], aggregate: A, related: Iterable[Related[Any]]) -> None:
        """Add a new aggregate, which has none of the related records."""
        organization = aggregate.organization
        self.records.aggregates[organization, aggregate.id] = aggregate
        self._kinds[organization, aggregate.id] = kind
        self.records.with_related.update((item, organization, aggregate.id) for item in related)
        for stream in kind.streams:
            self.begin_stream(organization, stream.name(aggregate.id))
        self.touch(kind, aggregate)

    def tell_stream(self, organization: str, name: str, event: EventType, data: Struct) -> None:
        """Add an event to a stream that belongs to no aggregate, and that is no inbox. Its seq is
        given out when the changes are written.

        The seqs of these streams are given out under the lock of the inbox. So they need no lock,
        and no place in the order of locks. A commit that tells the inbox nothing else adds an
        event there that says only that something has happened, since the feed reads the inbox.
        """
        self._to_streams.append(((organization, name), event, data))

    async def flush(self) -> None:
        """Write the collected changes."""
        told = await self._append_to_streams() if self._to_streams else ()
        writes = self.writes()
        if not writes and not self.untold:
            return
        if all(self._has_inbox(organization) for organization in self.untold):
            await self.session.write_all(writes + self.inbox_writes())
        else:
            # For aggregates that are there already, and so are then the inboxes.
            closing = self.tell(self.session.engine)
            self.told(await self.session.write_all(writes, closing))
        for key in told:
            # Other processes change it as soon as the lock of the inbox is released.
            del self.records.heads[key]

    async def _append_to_streams(self) -> Iterable[StreamKey]:
        """Give out the seqs of what was told to streams without a lock of their own, and return
        these streams."""
        told, self._to_streams = self._to_streams, []
        about = {organization for (organization, _), _, _ in told}
        for organization in sorted(about | self.telling):
            if not self._has_inbox(organization):
                name = streams.inbox(organization)
                lock = event_log.lock(self.session.engine, organization, name)
                self.took_inbox(organization, await self.session.run(lock))
                await self.ensure_inboxes()
        keys = {key for key, _, _ in told}
        for organization in sorted(about - self.telling):
            self.tell_inbox(organization, HIDDEN, Nothing())
        for organization in sorted(about):
            names = sorted(name for owner, name in keys if owner == organization)
            found = await event_log.heads(self.session, organization, names)
            for name in names:
                self.records.heads[organization, name] = found.get(name, 0)
        for (organization, name), event, data in told:
            self.append_to(organization, name, event, data, self.now)
        return keys

    def _has_inbox(self, organization: str) -> bool:
        return (organization, streams.inbox(organization)) in self.records.heads

    async def look_at_repeated(self) -> None:
        """The heads of inboxes without new events in which a repetition was found."""
        for organization in sorted({organization for organization, _ in self.repeated}):
            if not self._has_inbox(organization):
                name = streams.inbox(organization)
                found = await event_log.heads(self.session, organization, [name])
                self.repeated[organization, name] = found.get(name, 0)

    async def flush_inserts(self, statement: BulkInsert) -> None:
        """Write only the new rows of one statement, for a query that needs them next."""
        await self.session.write_all(self.inserts_so_far(statement))

    def restore_point(self) -> RestorePoint:
        """The state for :meth:`restore`. Taken right after a flush."""
        heads, notices = dict(self.records.heads), dict(self.notices)
        return len(self.committed), heads, notices, dict(self._found)

    def restore(self, point: RestorePoint) -> None:
        """Discard everything since ``point``, after the database has rolled back to it."""
        count, self.records.heads, self.notices, self._found = point
        del self.committed[count:]
        self._to_streams = []
        # Records in memory may contain changes that were rolled back. They are read again.
        self.forget()
