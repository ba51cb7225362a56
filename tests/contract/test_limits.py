"""Load limits over several processes on one database."""

from __future__ import annotations

import asyncio
import logging
import time
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
from campfire_chat.access.rates import SECOND
from campfire_chat.access.usage_table import LIFE
from campfire_chat.core import clock
from campfire_chat.core.errors import StorageUnavailableError, TooManyError
from campfire_chat.settings import Settings
from tests.conftest import QUICK
from tests.protocol.test_limits import roomy
from tests.support.client import Client
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer
from tests.support.store import Store

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


async def test_what_one_lets_through_the_others_take_away(database_url: str) -> None:
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
        assert 9 <= admitted(two, MIA, 40) <= 12
        assert admitted(two, LEO, 40) == 40
        await there.exchange()
        before = await rows(store)
        assert len(before) == 3
        # What is heard is taken away once, and told by nobody a second time.
        await here.exchange()
        await here.exchange()
        assert await rows(store) == before
        assert admitted(one, MIA, 40) <= 2
        assert admitted(one, LEO, 40) <= 2


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


async def test_a_quiet_key_is_told_no_more(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stored(database_url) as store:
        one = Admission(roomy(sends=Rate(100, 40)))
        here = QuotaSync(one, store.usage, node="here")
        admitted(one, MIA, 40)
        await here.exchange()
        assert len(await rows(store)) == 1
        later = time.monotonic_ns() + SECOND
        monkeypatch.setattr(quota_sync, "now", lambda: later)
        await here.exchange()
        assert await rows(store) == []


async def test_without_the_database_limits_go_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
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
        assert 40 <= admitted(one, MIA, 60) <= 41
        await asyncio.sleep(0.3)
        assert admitted(one, MIA, 10) <= 1
    # Said once, not at every try.
    said = [record for record in caplog.records if "cannot be shared" in record.message]
    assert len(said) == 1
    # It is back, and so is the sharing.
    await store.start()
    try:
        async with asyncio.timeout(10):
            while not await rows(store):
                await asyncio.sleep(0.05)
    finally:
        await here.stop()
        await store.stop()


async def test_a_flood_over_two_processes_gets_little_more_than_over_one(
    database_url: str,
) -> None:
    rate = Rate(4, 20)
    seconds = 3.0
    async with AsyncExitStack() as stack:
        servers = [
            stack.enter_context(
                ThreadServer(
                    host_app(
                        campfire_for(
                            database_url,
                            **{**QUICK, "heartbeat": 25.0},
                            limits=roomy(sends=rate, refusals=None),
                        )
                    )
                )
            )
            for _ in range(2)
        ]
        desks = [Desk(f"{server.url}/support", "acme") for server in servers]
        visitor = desks[0].visitor()
        conversation = visitor.begin()["id"]
        clients = []
        for desk in desks:
            client = Client(desk.base, visitor)
            stack.push_async_callback(client.drop)
            await client.connect()
            clients.append(client)
        # Half at each of them, so that both know of it; then as fast as they answer.
        began = time.monotonic()
        stored_messages = 0
        while time.monotonic() - began < seconds:
            replies = await asyncio.gather(*(client.say(conversation, "x") for client in clients))
            stored_messages += sum(reply["type"] == "ok" for reply in replies)
            await asyncio.sleep(0.02)
        took = time.monotonic() - began
        alone = rate.burst + rate.per_second * took
        # A burst and two seconds' worth for the further process; without sharing it were double.
        assert stored_messages <= alone + rate.burst + 2 * rate.per_second
        assert stored_messages >= rate.burst
        # What was let through twice is made up for first.
        deadline = time.monotonic() + 15
        while all(
            reply["type"] == "error"
            for reply in await asyncio.gather(
                *(client.say(conversation, "x") for client in clients)
            )
        ):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        # From now on both of them know: together they let through what one would.
        again, since = 0, time.monotonic()
        while time.monotonic() - since < 4:
            replies = await asyncio.gather(*(client.say(conversation, "x") for client in clients))
            again += sum(reply["type"] == "ok" for reply in replies)
            await asyncio.sleep(0.02)
        took = time.monotonic() - since
        assert 1 <= again <= 1.6 * rate.per_second * took
