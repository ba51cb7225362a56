"""Lookups that share a query. Lookups made while the readers are busy go into the next query.

A query costs more than the rows that it looks up. When a deployment sends thousands of clients to
another process, they all look up the same things.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from campfire_chat.database.lanes import Lanes, Session

V = TypeVar("V")

#: Number of names that one query looks up.
MOST = 256

Find = Callable[[Session, str, Sequence[str]], Awaitable[Mapping[str, V]]]
#: The names to look up, by organisation: each once, in the order of asking.
Names = dict[str, dict[str, None]]
#: The values found, by organisation and name.
Answer = dict[tuple[str, str], V]


class _Batch(Generic[V]):
    __slots__ = ("answer", "count", "names")

    def __init__(self, names: Names, answer: asyncio.Task[Answer[V]]) -> None:
        self.names = names
        self.answer = answer
        self.count = 0


class BatchLoader(Generic[V]):
    """See the module.

    Args:
        lanes: The lanes that run the queries.
        find: Looks up some names of one organisation. Missing names do not exist.
    """

    def __init__(self, lanes: Lanes, find: Find[V]) -> None:
        self._lanes = lanes
        self._find = find
        #: The names of the next query.
        self._next: _Batch[V] | None = None

    async def get(self, organization: str, name: str) -> V | None:
        """Look up a name. The value is read after this call. None when it does not exist.

        Raises:
            OverloadedError: Too much work is waiting.
            StorageUnavailableError: The database cannot be reached.
        """
        batch = self._next
        if batch is None or batch.count >= MOST:
            batch = self._next = self._begin()
        batch.names.setdefault(organization, {})[name] = None
        batch.count += 1
        # A caller that is cancelled must not cancel the query of the others.
        found = await asyncio.shield(batch.answer)
        return found.get((organization, name))

    def _begin(self) -> _Batch[V]:
        names: Names = {}
        answer = asyncio.create_task(self._lanes.run(partial(self._read, names)))
        answer.add_done_callback(partial(self._ended, names))
        return _Batch(names, answer)

    async def _read(self, names: Names, session: Session) -> Answer[V]:
        self._close(names)
        found: Answer[V] = {}
        for organization, some in names.items():
            values = await self._find(session, organization, list(some))
            found.update(((organization, name), value) for name, value in values.items())
        return found

    def _close(self, names: Names) -> None:
        """Accept no more lookups."""
        if self._next is not None and self._next.names is names:
            self._next = None

    def _ended(self, names: Names, answer: asyncio.Task[Answer[V]]) -> None:
        # Perhaps no lane has started it.
        self._close(names)
        if not answer.cancelled():
            # The callers get the exception; perhaps none of them waits any more.
            answer.exception()
