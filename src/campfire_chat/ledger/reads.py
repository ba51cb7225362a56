"""The queries that a batch of operations needs first. They are sent together with BEGIN."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from campfire_chat.core.scalars import INSTALLATION
from campfire_chat.database.dialects import Engine
from campfire_chat.database.prepared import Prepared, Row
from campfire_chat.ledger import event_log, streams
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.lookups import Lookup, Related
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction


class Read(ABC):
    """A query that is sent with BEGIN, and what receives its rows."""

    def __init__(self, organization: str) -> None:
        self.organization = organization

    @abstractmethod
    def prepare(self, engine: Engine) -> Prepared: ...

    @abstractmethod
    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None: ...


class LockInbox(Read):
    """The head of an inbox, with a lock. All processes take it after the aggregates, so that no
    two transactions wait for each other."""

    def prepare(self, engine: Engine) -> Prepared:
        name = streams.inbox(self.organization)
        return event_log.lock(engine, self.organization, name)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_inbox(self.organization, rows)


class LockAggregates(Read):
    """The aggregates of a kind that may be changed, locked in the order of their ids.

    The locks keep seqs without gaps over all processes, because every write to an aggregate locks
    its row. Everything read after the locks is current.
    """

    def __init__(self, organization: str, kind: AnyKind, ids: Sequence[str]) -> None:
        super().__init__(organization)
        self._kind = kind
        self._ids = ids

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "ids": engine.list_value(self._ids)}
        return self._kind.lock.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        # A row that was locked before what is joined could be seen. Operations that need it read
        # it later, under the lock.
        codec = self._kind.rows
        key = codec.position(codec.key)
        again = {row[key] for row in rows if not codec.is_complete(row)}
        ids = [item for item in self._ids if item not in again]
        whole = [row for row in rows if row[key] not in again]
        transaction.took_aggregates(self._kind, self.organization, ids, whole)


class LookUp(Read):
    """What operations have asked for; see :class:`~campfire_chat.ledger.lookups.Lookup`."""

    def __init__(self, organization: str, lookup: Lookup[Any], keys: Sequence[str]) -> None:
        super().__init__(organization)
        self._lookup = lookup
        self._keys = keys

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "keys": engine.list_value(self._keys)}
        return self._lookup.query.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_found(self._lookup, self.organization, self._keys, rows)


class ReadRelated(Read):
    """Related records of the aggregates of these operations."""

    def __init__(self, organization: str, related: Related[Any], ids: Sequence[str]) -> None:
        super().__init__(organization)
        self._related = related
        self._ids = ids

    def prepare(self, engine: Engine) -> Prepared:
        values = {"org_id": self.organization, "ids": engine.list_value(self._ids)}
        return self._related.query.prepare(engine, values)

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.took_related(self._related, self.organization, self._ids, rows)


class LookAtVersion(Read):
    """The version of the database, for batches that build on the transaction. No other connection
    changes the database while the transaction lasts."""

    def __init__(self, version: Prepared) -> None:
        super().__init__(INSTALLATION)
        self._version = version

    def prepare(self, engine: Engine) -> Prepared:
        return self._version

    def take(self, transaction: Transaction, rows: Sequence[Row]) -> None:
        transaction.version = rows[0][0]


class _Wanted:
    """What the operations of an organisation need. Dictionaries, to keep the order."""

    def __init__(self) -> None:
        self.aggregates: dict[AnyKind, set[str]] = {}
        self.lookups: dict[Lookup[Any], dict[str, None]] = {}
        self.related: dict[Related[Any], set[str]] = {}

    def add(self, operation: Operation[Any]) -> None:
        if operation.kind is not None and operation.aggregate_ids:
            self.aggregates.setdefault(operation.kind, set()).update(operation.aggregate_ids)
        for lookup, key in operation.lookups():
            self.lookups.setdefault(lookup, {})[key] = None
        for related in operation.related:
            self.related.setdefault(related, set()).update(operation.aggregate_ids)


def reads_of(operations: Sequence[Operation[Any]], engine: Engine) -> list[Read]:
    """The queries that ``operations`` need, by organisation. Locks come before what they protect.

    The inboxes are locked here only for operations that are flushed one by one. Batchable ones are
    flushed together. That flush takes the locks last and holds them briefly.
    """
    early = not engine.lock_rows or any(
        operation.appends and not operation.is_batchable for operation in operations
    )
    wanted: dict[str, _Wanted] = {}
    for operation in operations:
        wanted.setdefault(operation.organization, _Wanted()).add(operation)
    lookups: list[Read] = []
    locks: list[Read] = []
    inboxes: list[Read] = []
    related: list[Read] = []
    for organization in sorted(wanted):
        of = wanted[organization]
        if early:
            inboxes.append(LockInbox(organization))
        locks += [
            LockAggregates(organization, kind, sorted(of.aggregates[kind]))
            for kind in sorted(of.aggregates, key=lambda kind: kind.write.table.name)
        ]
        lookups += [LookUp(organization, item, list(keys)) for item, keys in of.lookups.items()]
        related += [
            ReadRelated(organization, item, sorted(ids)) for item, ids in of.related.items()
        ]
    versions: list[Read] = [] if engine.version is None else [LookAtVersion(engine.version)]
    return lookups + locks + inboxes + related + versions
