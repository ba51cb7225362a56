"""Lookups that share a query: whoever asks while the readers are busy goes along with the next one.

A visit to the database costs more than what it looks up, and when a deploy sends thousands of
clients to another process they all come with the same question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from campfire_chat.storage.lanes import Lanes, Session

V = TypeVar("V")

#: Names that one query looks for.
MOST = 256

Find = Callable[[Session, str, Sequence[str]], Awaitable[Mapping[str, V]]]
#: What is looked for, by organisation: each name once, in the order it came.
Names = dict[str, dict[str, None]]
#: What was found, by organisation and name.
Answer = dict[tuple[str, str], V]


class _Batch(Generic[V]):
    __slots__ = ("answer", "count", "names")

    def __init__(self, names: Names, answer: asyncio.Task[Answer[V]]) -> None:
        self.names = names
        self.answer = answer
        self.count = 0


class Gathered(Generic[V]):
    """See the module.

    Args:
        lanes: Where it is read.
        find: Looks for some names of one organisation; what does not exist is missing.
    """

    def __init__(self, lanes: Lanes, find: Find[V]) -> None:
        self._lanes = lanes
        self._find = find
        #: What the next query will look for.
        self._next: _Batch[V] | None = None

    async def get(self, organization: str, name: str) -> V | None:
        """What a name stands for, read after this was called; None when it does not exist.

        Raises:
            OverloadedError: Too much work is waiting.
            StorageUnavailableError: The database is away.
        """
        batch = self._next
        if batch is None or batch.count >= MOST:
            batch = self._next = self._begin()
        batch.names.setdefault(organization, {})[name] = None
        batch.count += 1
        # Whoever goes away does not take the others' answer along.
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
        """Take on no more."""
        if self._next is not None and self._next.names is names:
            self._next = None

    def _ended(self, names: Names, answer: asyncio.Task[Answer[V]]) -> None:
        # No lane may have come to it.
        self._close(names)
        if not answer.cancelled():
            # Known to those who wait; there may be nobody left.
            answer.exception()
