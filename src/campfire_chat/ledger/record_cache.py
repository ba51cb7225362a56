"""The aggregates that this process writes to, in memory, including writes that are under way.

In an active conversation, the same process has just written nearly everything that the next
message needs. Keeping it in memory avoids reading it back for every message. It is never trusted:
a commit checks the version of the database, or the heads under their locks. If another process has
written, the records are discarded and read again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.database.dialects import Commit, Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Prepared
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import AggregateKey, Records, WriteBatch

#: Greatest number of aggregates in memory. Above it, all are discarded and read when needed.
LIMIT = 10_000
#: Seconds for which an aggregate is kept on an engine that does not report changes: how long
#: the name of a contact that another process has renamed may still be shown.
LIFE = 15.0
#: Seconds after which all are discarded, so that finished conversations use no memory.
REMEMBERED = 60.0
#: Seconds for which an aggregate that another process writes to takes the locking path.
CONTENDED = 5.0


class RecordCache:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._session: Session | None = None
        self._version = 0
        self._began = 0.0
        self._read_at: dict[AggregateKey, float] = {}
        self._kinds: dict[AggregateKey, AnyKind] = {}
        #: Until when each aggregate takes the locking path, in order of time.
        self._contended: dict[str, float] = {}
        self.records = Records()

    def contend(self, ids: Iterable[str]) -> None:
        """Another process writes to these, so batches would fail again and again."""
        now = time.monotonic()
        contended = self._contended
        for aggregate_id in ids:
            contended.pop(aggregate_id, None)
            contended[aggregate_id] = now + CONTENDED
        while contended and contended[first := next(iter(contended))] < now:
            del contended[first]

    def clear(self) -> None:
        self._session = None
        self.records = Records()
        self._read_at = {}
        self._kinds = {}
        self._began = time.monotonic()

    def is_of(self, session: Session) -> bool:
        """Whether it was read over this connection. Versions are valid for one connection only."""
        return session is self._session

    def has(self, organization: str, ids: Sequence[str]) -> bool:
        """Whether aggregates are in memory, and no other process writes to them."""
        if self._session is None:
            # Nothing is known of the database yet, not even its version.
            return False
        for aggregate_id in ids:
            read_at = self._read_at.get((organization, aggregate_id))
            if read_at is None:
                return False
            if self._engine.tells_changes:
                continue
            now = time.monotonic()
            if now - read_at > LIFE or now < self._contended.get(aggregate_id, 0.0):
                return False
        return True

    def lets(self, kind: AnyKind, actor: Actor, aggregate_id: str) -> bool:
        """Whether an aggregate is in memory, and the caller may see it."""
        found = self.records.aggregates.get((actor.organization, aggregate_id))
        return found is not None and can(actor, kind.permission, found)

    def adopt(self, transaction: Transaction) -> None:
        """Take over what a committed transaction has read and changed."""
        session, version = transaction.session, transaction.version
        now = time.monotonic()
        if (
            now - self._began > REMEMBERED
            or session is not self._session
            or version != self._version
            or len(self._read_at) > LIMIT
        ):
            self.clear()
        elif transaction.altered:
            self._forget_copies(transaction.altered)
        self._session, self._version = session, version
        found = transaction.records
        for key, aggregate in found.aggregates.items():
            if aggregate is not None:
                self.records.aggregates[key] = aggregate
                self._read_at[key] = now
                self._kinds[key] = transaction.kind_of(key)
        self.records.heads.update(found.heads)
        self.records.related.update(found.related)
        self.records.with_related.update(found.with_related)

    def _forget_copies(self, altered: set[str]) -> None:
        """Discard the aggregates that hold a copy of a record that was altered."""
        for key, aggregate in list(self.records.aggregates.items()):
            if aggregate is not None and not altered.isdisjoint(self._kinds[key].shows(aggregate)):
                del self.records.aggregates[key], self._read_at[key], self._kinds[key]

    def commit(self, batch: WriteBatch, *, after: Commit | None) -> Commit:
        """Build the commit of a batch that was made from these records."""
        engine = self._engine
        writes = batch.writes()
        if engine.tells_changes:
            writes += batch.inbox_writes()
            prepared = [statement.prepare(engine, rows) for statement, rows in writes]
            return Commit(version=self._version, writes=prepared, after=after)
        bases: dict[tuple[str, AnyKind], dict[str, tuple[int, ...]]] = {}
        for (organization, aggregate_id), (kind, heads) in batch.based_on.items():
            bases.setdefault((organization, kind), {})[aggregate_id] = heads
        return Commit(
            version=self._version,
            locks=[
                (_lock(engine, kind, organization, heads), heads)
                for (organization, kind), heads in sorted(bases.items(), key=_place)
            ],
            writes=[statement.prepare(engine, rows) for statement, rows in writes],
            closing=batch.tell(engine),
            after=after,
        )


def _place(item: tuple[tuple[str, AnyKind], Any]) -> tuple[str, str]:
    """Where locks stand in the order that all processes keep."""
    (organization, kind), _ = item
    return organization, kind.write.table.name


def _lock(engine: Engine, kind: AnyKind, organization: str, ids: Iterable[str]) -> Prepared:
    values = {"org_id": organization, "ids": engine.list_value(list(ids))}
    return kind.lock_heads.prepare(engine, values)
