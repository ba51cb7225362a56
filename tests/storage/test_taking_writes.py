"""Whether the database takes writes: noticed by writes that fail, and ended by one that works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.ledger import outage as module
from campfire_chat.ledger.outage import PROBE, Outage
from campfire_chat.settings import Settings
from tests.jobs.conftest import Watch
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


class Lane:
    """The writer lane, over which nothing can be written for a while."""

    def __init__(self, store: Store) -> None:
        self._lane = store.storage.writer
        self.away = True
        self.attempts = 0

    async def run(self, work: Any, *, attempts: int) -> Any:
        assert attempts == 1, "the probe tries again itself"
        self.attempts += 1
        if self.away:
            raise StorageUnavailableError()
        return await self._lane.run(work, attempts=attempts)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    watch = Watch()
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=watch)
    await store.start()
    yield store
    await store.stop()


@pytest.fixture
def lane(store: Store) -> Lane:
    return Lane(store)


@pytest.fixture
async def outage(
    store: Store, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Outage]:
    monkeypatch.setattr(module, "PROBE_EVERY", 0.01)
    found: Any = lane
    outage = Outage(found, now=store.storage.now)
    yield outage
    await outage.stop()


async def until(holds: Any) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.01)


async def test_it_ends_by_itself_when_writes_work_again(
    store: Store, outage: Outage, lane: Lane, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert not outage.lasts
    outage.failed()
    assert outage.lasts
    await until(lambda: lane.attempts >= 3)
    assert outage.lasts
    lane.away = False
    await until(lambda: not outage.lasts)
    at = store.storage.now()
    # What it has written is swept away like the usage of a process that has ended.
    rows = Truth(database_url).query("SELECT used, at FROM campfire_usage WHERE key = ?", PROBE)
    assert rows == [(at, at)]
    attempts = lane.attempts
    await asyncio.sleep(0.05)
    assert lane.attempts == attempts
    assert [record.message for record in caplog.records if "takes" in record.message] == [
        "the database takes no writes; the process is not ready until it does",
        "the database takes writes again",
    ]


async def test_a_write_that_works_ends_it(outage: Outage, lane: Lane) -> None:
    outage.worked()
    assert not outage.lasts
    outage.failed()
    first = outage._probing
    outage.failed()
    assert outage._probing is first, "one probe is enough"
    outage.worked()
    assert not outage.lasts
    assert first is not None
    await asyncio.gather(first, return_exceptions=True)
    assert first.cancelled()


async def test_a_stop_ends_the_probe(outage: Outage, lane: Lane) -> None:
    await outage.stop()
    outage.failed()
    probing = outage._probing
    await outage.stop()
    assert probing is not None
    assert probing.done()
    assert not outage.lasts
