"""Jobs that one process defers and another one does: it is called, and need not look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from campfire_chat import Campfire
from campfire_chat.core import clock
from campfire_chat.core.clock import SECOND
from campfire_chat.jobs import calls as module
from campfire_chat.jobs.calls import EVERY, Calls
from campfire_chat.jobs.job import Job, JobKind
from campfire_chat.jobs.worker import Worker
from tests.jobs.conftest import Watch
from tests.jobs.test_queue import Defer, Errand
from tests.jobs.test_snoozes import begin, snooze, woken
from tests.support.buses import bus_url
from tests.support.host import campfire_for
from tests.support.store import Store

pytestmark = pytest.mark.anyio

#: No process looks for jobs, or for anything else, within the time of a test.
NEVER = 3600.0
KIND = JobKind("test.errand", Errand, permissions=())
#: A time that is still to come when the database looks at it, on a busy machine too.
AHEAD = 3 * SECOND


def process(database_url: str, bus: str | None, *, work: str) -> Campfire:
    options = {"bus_url": bus, "work": work, "poll_interval": NEVER, "drain_on_signal": False}
    return campfire_for(database_url, **options)


async def hears(one: Campfire, other: Campfire) -> None:
    """Wait until a process knows that another one listens."""
    async with asyncio.timeout(120):
        while True:
            running, there = one._running, other._running
            assert running is not None
            assert there is not None
            if running.bus.well and there.bus.well and not running.bus._nobody_hears():
                return
            await asyncio.sleep(0.02)


async def check(database_url: str, bus: str | None) -> None:
    front, back = (process(database_url, bus, work=work) for work in ("elsewhere", "here"))
    async with front.lifespan(), back.lifespan():
        await hears(front, back)
        store = Store.of(front)
        conversation = await begin(store)
        # The worker has looked once when it started, and then sleeps until it is called.
        await snooze(store, conversation, clock.now() + AHEAD)
        await woken(store, conversation)


async def test_a_worker_is_called_over_the_bus_of_the_database(database_url: str) -> None:
    await check(database_url, None)


@pytest.fixture(params=["redis", "nats"])
def another_bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with bus_url(request.param, tmp_path) as url:
        yield url


async def test_a_worker_is_called_over_another_bus(
    sqlite_database_url: str, another_bus: str
) -> None:
    await check(sqlite_database_url, another_bus)


async def test_without_a_bus_the_worker_looks(database_url: str) -> None:
    front = process(database_url, "memory://", work="elsewhere")
    back = campfire_for(
        database_url, bus_url="memory://", poll_interval=0.05, drain_on_signal=False
    )
    async with front.lifespan(), back.lifespan():
        store = Store.of(front)
        conversation = await begin(store)
        await snooze(store, conversation, clock.now() + AHEAD)
        await woken(store, conversation)


async def test_a_busy_worker_calls_the_others(store: Store, watch: Watch) -> None:
    calls: list[int] = []
    begun, go = asyncio.Event(), asyncio.Event()

    async def do(job: Job[Errand]) -> None:
        begun.set()
        await go.wait()

    worker = Worker(
        store.jobs,
        store.storage.submit,
        [KIND.done_by(do)],
        now=watch,
        poll=NEVER,
        slots=1,
        call_others=lambda: calls.append(len(calls)),
    )
    worker.look(watch())
    assert calls == [0], "it has not begun to work, so others have to"
    worker.look(watch() + int(2 * NEVER) * SECOND)
    assert calls == [0], "whoever looks then finds what is due later"
    store.storage.on_deferred(worker.look)
    await worker.start()
    try:
        await store.storage.submit(Defer([1], run_at=watch()))
        await begun.wait()
        # It has called when it took its last slot, and calls for each job that has to wait.
        assert calls == [0, 1]
        await store.storage.submit(Defer([2], run_at=watch()))
        assert calls == [0, 1, 2]
    finally:
        go.set()
        await worker.stop()


async def test_a_worker_with_room_calls_nobody(store: Store, watch: Watch) -> None:
    calls: list[None] = []
    done: list[int] = []

    async def do(job: Job[Errand]) -> None:
        done.append(job.arguments.number)

    worker = Worker(
        store.jobs,
        store.storage.submit,
        [KIND.done_by(do)],
        now=watch,
        poll=NEVER,
        call_others=lambda: calls.append(None),
    )
    store.storage.on_deferred(worker.look)
    await worker.start()
    try:
        for number in range(3):
            await store.storage.submit(Defer([number], run_at=watch()))
        async with asyncio.timeout(120):
            while len(done) < 3:
                await asyncio.sleep(0.01)
        assert calls == []
    finally:
        await worker.stop()


async def test_a_thousand_calls_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    loop = asyncio.get_running_loop()
    calls = Calls(lambda: told.append(loop.time()))
    for _ in range(1000):
        calls.call()
    assert len(told) == 1, "the first one at once"
    async with asyncio.timeout(120):
        while len(told) < 2:
            await asyncio.sleep(0.01)
    assert told[1] - told[0] >= EVERY * 0.9
    calls.call()
    async with asyncio.timeout(120):
        while len(told) < 3:
            await asyncio.sleep(0.01)
    # The next one would be due much later, however busy the machine is.
    monkeypatch.setattr(module, "EVERY", 3600.0)
    calls.call()
    timer = calls._timer
    assert timer is not None
    calls.close()
    assert timer.cancelled()
    assert len(told) == 3
