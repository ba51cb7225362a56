"""Aggregates: records that are locked, kept in memory and written as a whole, with the streams of
events that belong to them.

A conversation is one. The ledger knows only what an aggregate's kind says here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from msgspec import Struct

from campfire_chat.access.permissions import Permission
from campfire_chat.access.policy import Thing
from campfire_chat.database.codec import Codec
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import BulkInsert, Query
from campfire_chat.ledger.events import EventType


class Aggregate(Thing, Protocol):
    """A record of an aggregate's kind. It changes while a transaction works on it."""

    id: str


A = TypeVar("A", bound=Aggregate)


class Owner(Thing, Protocol):
    """What decides who may see an aggregate, and the heads of its streams."""

    @property
    def heads(self) -> tuple[int, ...]:
        """In the order of the streams of its kind."""
        ...


class StreamOf(Struct, frozen=True):
    """A kind of streams that belong to aggregates, one to each.

    Attributes:
        kind: The first part of the streams' names; the second one is the aggregate's id.
        head: The field of the record that holds the head.
        permission: What somebody needs to see it, beside that of the aggregate itself.
    """

    kind: str
    head: str
    permission: Permission

    def name(self, aggregate_id: str) -> str:
        return f"{self.kind}:{aggregate_id}"


class AggregateKind(ABC, Generic[A]):
    """A kind of aggregates. Ids are unique over all kinds.

    Attributes:
        permission: What somebody needs to see one.
        streams: Its streams. Every change of an aggregate appends to one of them, so unchanged
            heads mean an unchanged aggregate.
        rows: Reads and writes its rows.
        by_id: The rows that ``rows`` reads, by the parameters ``org_id`` and ``ids``.
        lock: The same rows, locked in the order of their ids.
        lock_heads: The same lock, for aggregates that are in memory: the id, and the heads in the
            order of ``streams``.
        write: Writes the row of an aggregate.
        list_event: What the inbox tells once an aggregate has changed, whatever has changed. Its
            data has the aggregate's ``id``.
        missing: Says in a sentence that there is none.
    """

    permission: ClassVar[Permission]
    streams: ClassVar[tuple[StreamOf, ...]]
    rows: ClassVar[Codec[Any]]
    by_id: ClassVar[Query]
    lock: ClassVar[Query]
    lock_heads: ClassVar[Query]
    write: ClassVar[BulkInsert]
    list_event: ClassVar[EventType]
    missing: ClassVar[str]

    @abstractmethod
    def shows(self, record: A) -> tuple[str, ...]:
        """The ids of other records, such as agents, of which it holds a copy in memory."""

    @abstractmethod
    def list_data(self, record: A) -> Struct:
        """The data of ``list_event``."""

    @abstractmethod
    def owners(
        self, session: Session, organization: str, ids: Sequence[str]
    ) -> Awaitable[Mapping[str, Owner]]:
        """The owners of aggregates. Those that do not exist are left out."""

    @abstractmethod
    def heads(self, record: A) -> tuple[int, ...]:
        """The heads of its streams, in the order of ``streams``. It runs for every message."""


#: Some kind of aggregates.
AnyKind = AggregateKind[Any]
