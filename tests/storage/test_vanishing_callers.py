"""Callers that go away while the database works for them cost nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from campfire_chat.access.actor import anonymous
from tests.support.store import Store
from tests.support.talk import VISITOR, store_on
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

CALLS = 2_000


def _held(store: Store) -> dict[str, int]:
    """What there could be more of afterwards."""
    return {
        "tasks": len(asyncio.all_tasks()),
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "queue": len(store.storage._ledger._queue),
        "jobs": len(store.storage.writer._jobs) + len(store.storage.readers._jobs),
        "lanes": store.storage.writer.connected + store.storage.readers.connected,
    }


def _call(store: Store, conversation: str, number: int) -> Coroutine[Any, Any, Any]:
    async def send() -> None:
        await store.messages.send(VISITOR, conversation, client_id=f"{number}", body="?")

    match number % 5:
        case 0:
            return store.conversations.get(VISITOR, conversation)
        case 1:
            return store.storage.stream_page("default", f"conversation:{conversation}", 0)
        case 2:
            other = anonymous(f"v{number % 50}")
            return store.conversations.open(other, client_id=f"{number}", body="?")
        case _:
            return send()


async def test_calls_that_are_cancelled_at_any_moment(database_url: str) -> None:
    chance = random.Random(1)
    async with store_on(database_url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="first", body="0")
        await store.conversations.get(VISITOR, opened.id)
        before = _held(store)
        for start in range(0, CALLS, 200):
            tasks = [
                asyncio.create_task(_call(store, opened.id, number))
                for number in range(start, start + 200)
            ]
            while some := [task for task in tasks if not task.done()]:
                for task in chance.sample(some, min(40, len(some))):
                    task.cancel()
                await asyncio.sleep(chance.choice([0, 0, 0.001, 0.003]))
            await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(120):
            while _held(store) != before:
                await asyncio.sleep(0.02)
            # No lane is blocked, and what was cancelled is neither half there nor in the way.
            last = await store.messages.send(VISITOR, opened.id, client_id="last", body="!")
            thread, _ = await store.messages.page(VISITOR, opened.id, None, 1)
        assert store.storage.healthy
    assert thread[0].id == last.message_id
    rows = Truth(database_url).query(
        "SELECT s.head, count(e.seq), coalesce(max(e.seq), 0) FROM campfire_streams s "
        "LEFT JOIN campfire_events e ON e.org_id = s.org_id AND e.stream = s.stream "
        "GROUP BY s.org_id, s.stream, s.head"
    )
    assert all(head == count == last for head, count, last in rows)


async def test_futures_that_are_cancelled_are_sent_all_the_same(database_url: str) -> None:
    """The place in the queue is taken; whoever asks again with the same id learns of it."""
    async with store_on(database_url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="first", body="0")
        for number in range(500):
            store.messages.send(VISITOR, opened.id, client_id=f"{number}", body="?").cancel()
        again = [
            await store.messages.send(VISITOR, opened.id, client_id=f"{number}", body="?")
            for number in (0, 250, 499)
        ]
        assert [(item.seq, item.duplicate) for item in again] == [
            (2, True),
            (252, True),
            (501, True),
        ]
