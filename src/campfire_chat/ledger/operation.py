"""Operations: what the ledger is asked to write.

An operation says what has to be read before, and what it writes. The ledger knows no more of it.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.access.actor import Actor
from campfire_chat.core.errors import ClientIdConflictError
from campfire_chat.database.dialects import Engine
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import Query
from campfire_chat.ledger import statements, tables
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.lookups import Lookup, Related
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import Unread, WriteBatch

T = TypeVar("T")

_i = tables.idempotency.c


class Operation(ABC, Generic[T]):
    """A write. It names the aggregates that it may change, because they are locked first.

    Args:
        actor: The caller and the organisation.
        aggregate_ids: All existing aggregates that it may change.

    Attributes:
        kind: The kind of these aggregates.
        related: What is read together with these aggregates.
        is_batchable: Whether it is only :meth:`apply`: it checks everything before it changes
            anything, and changes only memory. So it needs no savepoint.
        appends: Whether it may append events.
        size: Approximate number of bytes that it holds while it waits.
        by_visitor: Whether it may use only the part of the queue for visitors.
        merge_key: It may be merged into a waiting operation with the same key. None if it cannot
            be merged.
    """

    kind: AnyKind | None = None
    related: tuple[Related[Any], ...] = ()
    is_batchable: ClassVar[bool] = False
    appends: bool = True
    #: Measured size in bytes of an operation without much text, with its future and its caller.
    size: int = 800
    merge_key: tuple[str, ...] | None = None

    def __init__(self, actor: Actor, aggregate_ids: Sequence[str] = ()) -> None:
        self.actor: Actor = actor
        self.by_visitor = actor.is_visitor
        self.aggregate_ids = aggregate_ids

    @property
    def organization(self) -> str:
        return self.actor.organization

    def lookups(self) -> Iterable[tuple[Lookup[Any], str]]:
        """What it needs beside its aggregates, by their keys."""
        return ()

    def merge(self, later: Operation[T]) -> None:
        """Do what a later operation with the same ``merge_key`` asks for as well; both callers are
        given the same answer."""
        raise AssertionError(f"{self!r} stands alone")

    def apply(self, batch: WriteBatch) -> T:
        """Do it with what is in memory, completely or not at all.

        Raises:
            CampfireError: It is refused.
            Unread: Something has to be read first, as it always has for most operations.
        """
        raise Unread

    @abstractmethod
    async def run(self, transaction: Transaction) -> T:
        """Do it inside ``transaction``, whose locks are taken. May be called again after a failed
        commit.

        Raises:
            CampfireError: It is refused, and nothing of it is stored.
            Instead: Another operation has to be done in its place.
        """


class Instead(Exception):
    """Raised by an operation that has changed nothing: another one has to be done in its place,
    for example one that changes an aggregate which this one could not name beforehand.

    The other one is queued before everything that waits, so nothing that comes later overtakes
    it, and the caller gets its answer. Only :meth:`Operation.run` raises it.
    """

    def __init__(self, operation: Operation[Any]) -> None:
        super().__init__()
        self.operation = operation


class ConditionalOperation(Operation[bool]):
    """Carries out another operation if something holds that it changes itself: both or neither.

    Its result is whether it did. The other one cannot ask for yet another in its place: that one
    would be done without the condition.
    """

    def __init__(self, operation: Operation[Any]) -> None:
        super().__init__(operation.actor, operation.aggregate_ids)
        self._operation = operation
        self.kind = operation.kind
        self.related = operation.related
        self.appends = operation.appends
        self.size += operation.size

    def lookups(self) -> Iterable[tuple[Lookup[Any], str]]:
        return self._operation.lookups()

    @abstractmethod
    async def holds(self, transaction: Transaction) -> bool:
        """Whether it holds; what this changes is part of the transaction."""

    async def run(self, transaction: Transaction) -> bool:
        if not await self.holds(transaction):
            return False
        try:
            await self._operation.run(transaction)
        except Instead as instead:
            raise RuntimeError(
                f"{type(self._operation).__name__} asks for {type(instead.operation).__name__} in "
                "its place, which would be done without the condition"
            ) from None
        return True


class BatchOperation(Operation[T]):
    """An operation that is done together with others, from memory; see
    :attr:`Operation.is_batchable`."""

    is_batchable = True

    @abstractmethod
    def apply(self, batch: WriteBatch) -> T: ...

    async def run(self, transaction: Transaction) -> T:
        try:
            return self.apply(transaction)
        except Unread:
            await self.read_missing(transaction)
            return self.apply(transaction)

    async def read_missing(self, transaction: Transaction) -> None:
        """Read what :meth:`apply` may need: its aggregates, what is related, and its lookups."""
        if self.kind is not None:
            await transaction.load(self.kind, self.organization, self.aggregate_ids)
        for related in self.related:
            await transaction.load_related(related, self.organization, self.aggregate_ids)
        for lookup, key in self.lookups():
            await transaction.look_up(lookup, self.organization, key)


def _fingerprints(engine: Engine) -> ClauseElement:
    return select(_i.client_key, _i.fingerprint).where(
        engine.among(_i.org_id, _i.client_key, "keys")
    )


def _fingerprint(row: Row) -> tuple[str, str]:
    key, fingerprint = row
    return key, fingerprint


#: What an idempotent operation did, by the key of its sender and client id.
FINGERPRINTS = Lookup(Query(_fingerprints), _fingerprint)


class IdempotentOperation(Operation[T]):
    """An operation that takes effect once for each client id, however often it is repeated.

    Args:
        client_id: Its client id. Without one it always takes effect.
        content: Describes the operation, so that the same id with different content is noticed.
            Only the digest is stored.
    """

    def __init__(
        self, actor: Actor, aggregate_ids: Sequence[str], *, client_id: str | None, content: str
    ) -> None:
        super().__init__(actor, aggregate_ids)
        self._key = None if client_id is None else client_key(actor.sender_key, client_id)
        self._fingerprint = hashlib.blake2b(content.encode(), digest_size=16).hexdigest()

    def lookups(self) -> Iterable[tuple[Lookup[Any], str]]:
        return () if self._key is None else ((FINGERPRINTS, self._key),)

    async def run(self, transaction: Transaction) -> T:
        key = self._key
        if key is None:
            return await self.do(transaction)
        stored = await transaction.look_up(FINGERPRINTS, self.organization, key)
        if stored is not None:
            if stored != self._fingerprint:
                raise ClientIdConflictError()
            if (kind := self.kind) is not None:
                for aggregate_id in self.aggregate_ids:
                    transaction.repeat(kind, transaction.aggregate(kind, self.actor, aggregate_id))
            return await self.repeat(transaction)
        result = await self.do(transaction)
        row = (self.organization, key, self._fingerprint, transaction.now)
        transaction.insert(statements.INSERT_IDEMPOTENCY, row)
        transaction.note(FINGERPRINTS, self.organization, key, self._fingerprint)
        return result

    @abstractmethod
    async def do(self, transaction: Transaction) -> T:
        """Do it for the first time."""

    @abstractmethod
    async def repeat(self, transaction: Transaction) -> T:
        """The answer to a repetition: the present state."""
