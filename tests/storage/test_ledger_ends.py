"""However the ledger ends, everybody who waits for it is told, at every place they may wait at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import UNSET

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.core import clock
from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.ledger import ledger as ledgers
from campfire_chat.ledger.ledger import BATCH, Ledger
from campfire_chat.settings import Settings
from tests.storage.test_write_batches import held_up
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
ADA = agent_actor(Agent(id="ada", name="Ada"))
#: More than the drafts under way and the next one take, so that some are still in the queue.
CROWD = 4 * BATCH

Waiting = list[asyncio.Future[Any]]


@asynccontextmanager
async def crowd(database_url: str) -> AsyncIterator[tuple[Store, Waiting]]:
    """A ledger whose database does not answer, with callers at every place."""
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    opened, _ = await store.conversations.open(MIA, client_id="first", body="Hello")
    await store.messages.send(MIA, opened.id, client_id="warm", body="Hello")
    async with held_up(database_url, opened.id):
        waiting: Waiting = [
            store.messages.send(MIA, opened.id, client_id=f"m{n}", body=f"{n}")
            for n in range(CROWD)
        ]
        # The long way: behind everything else, it waits in the queue.
        change = store.conversations.change(ADA, opened.id, Patch(tags=["late"]), UNSET)
        waiting.append(asyncio.ensure_future(change))
        ledger = store.storage._ledger
        while not (ledger._under_way and ledger._next and ledger._queue):
            await asyncio.sleep(0)
        assert not any(future.done() for future in waiting)
        yield store, waiting
    await store.stop()


async def told(waiting: Waiting) -> None:
    """Nobody hangs, and everybody is told to come back with the same id."""
    done, hanging = await asyncio.wait(waiting, timeout=60)
    assert not hanging, f"{len(hanging)} of {len(waiting)} are left hanging"
    assert {type(future.exception()) for future in done} == {StorageUnavailableError}


async def cancelled(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its task is cancelled, as it is when a stop has lost patience."""
    assert ledger._task is not None
    ledger._task.cancel()


async def failing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails by a mistake of its own."""

    def broken() -> None:
        raise RuntimeError("a mistake in the ledger")

    monkeypatch.setattr(ledger, "_gather", broken)
    ledger._wake.set()


async def stopped(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service stops while the database does not answer."""
    monkeypatch.setattr(ledgers, "STOP_TIMEOUT", 0.2)
    await ledger.stop()


End = Callable[[Ledger, pytest.MonkeyPatch], Awaitable[None]]


@pytest.mark.parametrize("end", [cancelled, failing, stopped])
async def test_nobody_is_left_hanging(
    database_url: str, end: End, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, "campfire_chat.storage"):
        async with crowd(database_url) as (store, waiting):
            await end(store.storage._ledger, monkeypatch)
            await told(waiting)
            # Who comes afterwards is told at once.
            with pytest.raises(StorageUnavailableError):
                await store.receipts.mark(ADA, "conv_any", delivered=1, read=None)
            assert not store.storage.healthy
            assert (len(store.storage._ledger._queue), store.storage._ledger._queue.size) == (0, 0)
    assert ("the ledger has failed" in caplog.text) is (end is failing)
