"""What waits to be written, and the callers who wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from campfire_chat.core.errors import CampfireError
from campfire_chat.ledger.operation import Operation

T = TypeVar("T")

#: Approximate number of bytes for a caller whose operation was merged into a waiting one.
JOINED = 200


class Waiting(Generic[T]):
    """An operation, and the callers who wait for its result."""

    __slots__ = ("future", "joined", "operation", "outcome")

    def __init__(self, operation: Operation[T], future: asyncio.Future[T]) -> None:
        self.operation = operation
        self.future = future
        #: The callers whose operations were merged into this one.
        self.joined: list[asyncio.Future[T]] = []
        #: The result in a batch. The caller gets it after the commit.
        self.outcome: T | CampfireError | None = None

    def resolve(self, outcome: T | BaseException) -> None:
        for future in (self.future, *self.joined) if self.joined else (self.future,):
            if future.done():
                continue
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


class WriteQueue(deque[Waiting[Any]]):
    """The waiting operations, and their size.

    Attributes:
        size: Approximate number of bytes of all operations.
        visitors: Number of the operations of visitors.
        visitors_size: Number of bytes of the operations of visitors.
    """

    size = 0
    visitors = 0
    visitors_size = 0

    def __init__(self) -> None:
        super().__init__()
        self._mergeable: dict[tuple[str, ...], Waiting[Any]] = {}

    def append(self, waiting: Waiting[Any], /) -> None:
        self._count(waiting.operation, 1)
        super().append(waiting)
        if (key := waiting.operation.merge_key) is not None:
            self._mergeable[key] = waiting

    def extendleft(self, some: Iterable[Waiting[Any]], /) -> None:
        for waiting in some:
            self._count(waiting.operation, 1)
            super().appendleft(waiting)

    def popleft(self) -> Waiting[Any]:
        waiting = super().popleft()
        operation = waiting.operation
        self._count(operation, -1)
        key = operation.merge_key
        if key is not None and self._mergeable.get(key) is waiting:
            del self._mergeable[key]
        return waiting

    def waiting_for(self, operation: Operation[Any]) -> Waiting[Any] | None:
        """A waiting operation into which this one can be merged, if there is one."""
        return None if operation.merge_key is None else self._mergeable.get(operation.merge_key)

    def join(self, waiting: Waiting[T], operation: Operation[T], future: asyncio.Future[T]) -> None:
        """Merge an operation into a waiting one."""
        self._count(waiting.operation, -1)
        waiting.operation.merge(operation)
        waiting.operation.size += JOINED
        waiting.joined.append(future)
        self._count(waiting.operation, 1)

    def _count(self, operation: Operation[Any], sign: int) -> None:
        self.size += sign * operation.size
        if operation.by_visitor:
            self.visitors += sign
            self.visitors_size += sign * operation.size
