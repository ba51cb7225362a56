"""Load limits over several processes on one database."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from campfire_chat import Rate
from campfire_chat.access import quota_sync
from campfire_chat.access import tables as access_tables
from campfire_chat.access.admission import Admission, Caller
from campfire_chat.access.quota_sync import QuotaSync
from campfire_chat.access.usage_table import LIFE
from campfire_chat.core import clock
from campfire_chat.core.errors import StorageUnavailableError, TooManyError
from campfire_chat.settings import Settings
from tests.conftest import QUICK
from tests.protocol.test_limits import roomy
from tests.support.client import Client
from tests.support.clocks import LimitsClock
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer
from tests.support.store import Store
from tests.support.talk import until

pytestmark = pytest.mark.anyio

MIA = Caller((), ("default", "visitor:mia"), ("default", ""), agent=False)
LEO = Caller((), ("default", "visitor:leo"), ("default", ""), agent=False)


@asynccontextmanager
async def stored(database_url: str) -> AsyncIterator[Store]:
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


async def rows(store: Store) -> list[dict[str, Any]]:
    return await store.storage.readers.run(lambda session: session.all(select(access_tables.usage)))


def admitted(admission: Admission, caller: Caller, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            admission.send(caller)
        except TooManyError:
            continue
        count += 1
    return count


async def test_what_one_lets_through_the_others_take_away(
    database_url: str, limits_clock: LimitsClock
) -> None:
    limits = roomy(sends=Rate(1, 40))
    async with stored(database_url) as store, stored(database_url) as elsewhere:
        one, two = Admission(limits), Admission(limits)
        here = QuotaSync(one, store.usage, node="here")
        there = QuotaSync(two, elsewhere.usage, node="there")
        await here.exchange()
        await there.exchange()
        # Ordinary use is nobody's business, and nothing is written about it.
        assert admitted(one, MIA, 15) == 15
        await here.exchange()
        await there.exchange()
        assert await rows(store) == []
        # More than half a burst is told: once, and again only when it has grown.
        assert admitted(one, MIA, 15) == 15
        await here.exchange()
        (row,) = await rows(store)
        assert (row["org_id"], row["key"], row["used"]) == ("default", "sends:visitor:mia", 30)
        await there.exchange()
        assert admitted(two, MIA, 40) == 10
        assert admitted(two, LEO, 40) == 40
        await there.exchange()
        before = await rows(store)
        assert len(before) == 3
        # What is heard is taken away once, and told by nobody a second time.
        await here.exchange()
        await here.exchange()
        assert await rows(store) == before
        assert admitted(one, MIA, 40) == 0
        assert admitted(one, LEO, 40) == 0


async def test_a_process_that_begins_or_has_died_takes_nothing_away_for_ever(
    database_url: str,
) -> None:
    limits = roomy(sends=Rate(1, 40))
    async with stored(database_url) as store:
        one = Admission(limits)
        await QuotaSync(one, store.usage, node="here").exchange()
        admitted(one, MIA, 40)
        await QuotaSync(one, store.usage, node="here").exchange()
        assert len(await rows(store)) == 1
        # Whoever begins now knows nothing of before, and its buckets are full.
        fresh = Admission(limits)
        late = QuotaSync(fresh, store.usage, node="late")
        await late.exchange()
        await late.exchange()
        assert admitted(fresh, MIA, 40) == 40
        # "here" is gone; its rows go when they are old, whichever way the clock was wrong.
        for at in (
            clock.now() - (LIFE + 60) * clock.SECOND,
            clock.now() + 400 * LIFE * clock.SECOND,
        ):
            await store.storage.writer.run(
                lambda session, at=at: session.execute(access_tables.usage.update().values(at=at))
            )
            await late.exchange()
            await store.usage.sweep()
            kept = {row["node_id"] for row in await rows(store)}
            assert "here" not in kept


async def test_a_quiet_key_is_told_no_more(database_url: str, limits_clock: LimitsClock) -> None:
    async with stored(database_url) as store:
        one = Admission(roomy(sends=Rate(100, 40)))
        here = QuotaSync(one, store.usage, node="here")
        admitted(one, MIA, 40)
        await here.exchange()
        assert len(await rows(store)) == 1
        limits_clock.go_on(1.0)
        await here.exchange()
        assert await rows(store) == []


async def test_without_the_database_limits_go_on(
    database_url: str,
    limits_clock: LimitsClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(quota_sync, "INTERVAL", 0.02)
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    await store.stop()
    one = Admission(roomy(sends=Rate(1, 40)))
    here = QuotaSync(one, store.usage, node="here")
    with pytest.raises(StorageUnavailableError):
        await here.exchange()
    with caplog.at_level(logging.WARNING, "campfire_chat.limits"):
        await here.start()
        assert admitted(one, MIA, 60) == 40
        await until(lambda: "cannot be shared" in caplog.text)
        await asyncio.sleep(0.3)
        assert admitted(one, MIA, 10) == 0
    # Said once, not at every try.
    said = [record for record in caplog.records if "cannot be shared" in record.message]
    assert len(said) == 1
    # It is back, and so is the sharing.
    await store.start()
    try:
        async with asyncio.timeout(60):
            while not await rows(store):
                await asyncio.sleep(0.05)
    finally:
        await here.stop()
        await store.stop()


class Flood:
    """A visitor who sends as fast as two processes answer, while the clock of the limits goes on
    second by second."""

    def __init__(self, clients: list[Client], conversation: str, clock: LimitsClock) -> None:
        self._clients = clients
        self._conversation = conversation
        self._clock = clock
        #: How often each process has exchanged with the others.
        self.exchanges: Counter[QuotaSync] = Counter()

    def count(self, sync: QuotaSync, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count the exchanges of a process from now on."""
        exchange = sync.exchange

        async def counted() -> None:
            await exchange()
            self.exchanges[sync] += 1

        monkeypatch.setattr(sync, "exchange", counted)

    async def second(self) -> int:
        """Send until both refuse, and let the processes tell each other; what was let through."""
        stored = 0
        while True:
            replies = await asyncio.gather(
                *(client.say(self._conversation, "x") for client in self._clients)
            )
            let_through = sum(reply["type"] == "ok" for reply in replies)
            if not let_through:
                break
            stored += let_through
        # Once to tell, and once to hear what the other one has told meanwhile.
        before = self.exchanges.copy()
        await until(lambda: all(self.exchanges[one] >= before[one] + 2 for one in before))
        self._clock.go_on(1.0)
        return stored


async def test_a_flood_over_two_processes_gets_little_more_than_over_one(
    database_url: str, limits_clock: LimitsClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate, seconds = Rate(4, 20), 5
    monkeypatch.setattr(quota_sync, "INTERVAL", 0.05)
    async with AsyncExitStack() as stack:
        limits = roomy(sends=rate, refusals=None)
        campfires = [campfire_for(database_url, **QUICK, limits=limits) for _ in range(2)]
        servers = [stack.enter_context(ThreadServer(host_app(campfire))) for campfire in campfires]
        desks = [Desk(f"{server.url}/support", "acme") for server in servers]
        visitor = desks[0].visitor()
        conversation = visitor.begin()["id"]
        clients = []
        for desk in desks:
            client = Client(desk.base, visitor)
            stack.push_async_callback(client.drop)
            await client.connect()
            clients.append(client)
        flood = Flood(clients, conversation, limits_clock)
        for campfire in campfires:
            assert campfire._running is not None
            flood.count(campfire._running.quota_sync, monkeypatch)
        await until(lambda: len(flood.exchanges) == 2)
        # Half at each of them, so that both know of it.
        stored = sum([await flood.second() for _ in range(seconds)])
        alone = rate.burst + rate.per_second * seconds
        # A burst and two seconds' worth for the further process; without sharing it were double.
        assert rate.burst <= stored <= alone + rate.burst + 2 * rate.per_second < 2 * alone
        # What was let through twice is made up for first.
        for _ in range(15):
            if await flood.second():
                break
        else:
            pytest.fail("nothing gets through any more")
        # From now on both of them know: together they let through what one would.
        again = sum([await flood.second() for _ in range(4)])
        assert 1 <= again <= 1.6 * rate.per_second * 4
