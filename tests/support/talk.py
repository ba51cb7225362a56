"""Senders right on a store, who repeat until they are answered, and what must come of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from campfire_chat.access.actor import anonymous
from campfire_chat.core import clock
from campfire_chat.core.errors import OverloadedError, StorageUnavailableError
from campfire_chat.settings import Settings
from tests.support.store import Store
from tests.support.truth import Truth

VISITOR = anonymous("default")


@asynccontextmanager
async def store_on(url: str) -> AsyncIterator[Store]:
    store = Store(url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


class Talk:
    """Several senders in one conversation, each of which repeats until it is answered."""

    def __init__(self, store: Store, conversation: str) -> None:
        self._store = store
        self.conversation = conversation
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.acknowledged: dict[str, int] = {}
        self.refusals = 0

    async def __aenter__(self) -> Talk:
        self._tasks = [asyncio.create_task(self._send(n)) for n in range(8)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*self._tasks)

    async def _send(self, sender: int) -> None:
        number = 0
        while not self._stop.is_set():
            client_id = f"{sender}.{number}"
            try:
                sent = await self._store.messages.send(
                    VISITOR, self.conversation, client_id=client_id, body=client_id
                )
            except (StorageUnavailableError, OverloadedError):
                self.refusals += 1
                await asyncio.sleep(0.05)
                continue
            self.acknowledged[client_id] = sent.seq
            number += 1
            await asyncio.sleep(0.002)

    async def goes_on(self, more: int = 40, seconds: float = 60) -> None:
        """Wait until that many more have been acknowledged."""
        wanted = len(self.acknowledged) + more
        async with asyncio.timeout(seconds):
            while len(self.acknowledged) < wanted:
                await asyncio.sleep(0.01)


def check(talk: Talk, url: str) -> None:
    """Everything acknowledged is stored, once, where it was said to be; and no gaps."""
    truth = Truth(url)
    rows = truth.query(
        "SELECT body, seq FROM campfire_messages WHERE conversation_id = ? ORDER BY seq",
        talk.conversation,
    )
    stored = dict(rows)
    assert len(stored) == len(rows)
    assert [seq for _, seq in rows] == list(range(1, len(rows) + 1))
    lost = {body: seq for body, seq in talk.acknowledged.items() if stored.get(body) != seq}
    assert not lost
    for head, count, last in truth.query(
        "SELECT s.head, count(e.seq), coalesce(max(e.seq), 0) FROM campfire_streams s "
        "LEFT JOIN campfire_events e ON e.org_id = s.org_id AND e.stream = s.stream "
        "GROUP BY s.org_id, s.stream, s.head"
    ):
        assert head == count == last


async def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "too long"
        await asyncio.sleep(0.02)
