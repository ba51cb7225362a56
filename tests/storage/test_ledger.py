"""The ledger itself: who is let in, what one failure does to others, and how it begins and ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from campfire_chat.access.actor import Actor, anonymous
from campfire_chat.access.records import Agent
from campfire_chat.core import clock
from campfire_chat.core.errors import (
    InternalError,
    OverloadedError,
    StorageUnavailableError,
)
from campfire_chat.database import schema
from campfire_chat.database.errors import MigrationError
from campfire_chat.database.lanes import Session
from campfire_chat.ledger import statements
from campfire_chat.ledger.events import HIDDEN, Nothing
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_queue import JOINED
from campfire_chat.settings import Settings
from tests.storage.test_operations import Do, DoTogether, at_once, done
from tests.storage.test_queue import waiting
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.talk import until
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

MIA = anonymous("default")
ADA = agent_actor(Agent(id="ada", name="Ada"))


@asynccontextmanager
async def opened(
    url: str, on_commit: Any = lambda *_: None, **settings: Any
) -> AsyncIterator[Store]:
    store = Store(url, settings=Settings(**settings), on_commit=on_commit, now=clock.now)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


async def tell(transaction: Transaction) -> int:
    """Add an event, and say how many there are then."""
    transaction.tell_inbox("default", HIDDEN, Nothing())
    await transaction.flush()
    return transaction.records.heads["default", "inbox:default"]


async def nothing(_: Transaction) -> None:
    """No operation at all."""


def count(url: str) -> int:
    ((found,),) = Truth(url).query("SELECT count(*) FROM campfire_events")
    return found


# Who is let in.


class Sized(Do):
    """An operation of a known size, which may be merged with those of the same key."""

    def __init__(self, actor: Actor, size: int, key: str | None = None) -> None:
        super().__init__(nothing, actor)
        self.size = size
        self.merge_key = None if key is None else (key,)

    def merge(self, later: Operation[Any]) -> None:
        assert isinstance(later, Sized)


def fill(store: Store, make: Callable[[], Operation[Any]]) -> list[asyncio.Future[Any]]:
    """As many operations as there is room for."""
    taken: list[asyncio.Future[Any]] = []
    while True:
        try:
            taken.append(store.storage.submit(make()))
        except OverloadedError:
            return taken


#: The limits, and how many operations of 100 bytes a visitor and an agent find room for.
ROOM = [
    ({"write_queue": 40}, 30, 40),
    ({"write_queue": 41}, 31, 41),
    ({"write_queue_bytes": 4_000}, 30, 40),
    ({"write_queue_bytes": 4_099}, 30, 40),
]


@pytest.mark.parametrize(("limits", "visitors", "agents"), ROOM)
async def test_agents_may_fill_the_queue_and_visitors_three_quarters_of_it(
    sqlite_database_url: str, limits: dict[str, int], visitors: int, agents: int
) -> None:
    async with opened(sqlite_database_url, **limits) as store:
        for first, second, expected in (
            (MIA, ADA, (visitors, agents - visitors)),
            (ADA, MIA, (agents, 0)),
            # There is room again for as many.
            (MIA, MIA, (visitors, 0)),
        ):
            with waiting(store):
                one = fill(store, lambda first=first: Sized(first, 100))
                two = fill(store, lambda second=second: Sized(second, 100))
                assert (len(one), len(two)) == expected
            await asyncio.gather(*one, *two)


async def test_of_what_waits_for_a_visitor_only_that_of_visitors_counts(
    sqlite_database_url: str,
) -> None:
    for limits, of_agents, room in (
        ({"write_queue": 40}, 10, 30),
        ({"write_queue": 40}, 20, 20),
        ({"write_queue_bytes": 4_000}, 10, 30),
        ({"write_queue_bytes": 4_000}, 20, 20),
    ):
        async with opened(sqlite_database_url, **limits) as store:
            with waiting(store):
                for _ in range(of_agents):
                    store.storage.submit(Sized(ADA, 100))
                assert len(fill(store, lambda: Sized(MIA, 100))) == room


@pytest.mark.parametrize("limits", [{"write_queue": 40}, {"write_queue_bytes": 4_000}])
async def test_a_queue_that_is_more_than_half_full_is_congested(
    sqlite_database_url: str, limits: dict[str, int]
) -> None:
    async with opened(sqlite_database_url, **limits) as store:
        with waiting(store):
            for _ in range(20):
                store.storage.submit(Sized(ADA, 100))
                assert not store.storage.congested
            store.storage.submit(Sized(ADA, 100))
            assert store.storage.congested
        await store.storage.submit(Do(nothing))
        assert not store.storage.congested


async def test_what_joins_takes_no_place_but_some_bytes(sqlite_database_url: str) -> None:
    room = 10_000
    for actor, most in ((ADA, room), (MIA, room - room // 4)):
        async with opened(sqlite_database_url, write_queue=4, write_queue_bytes=room) as store:
            with waiting(store):
                joined = fill(store, lambda actor=actor: Sized(actor, 100, "x"))
                assert len(joined) == 1 + (most - 100) // JOINED
                assert store.storage.congested
                with pytest.raises(OverloadedError):
                    store.storage.submit(Sized(actor, JOINED, "y"))
            await asyncio.gather(*joined)
            assert not store.storage.congested
            # What is under way takes nobody on any more.
            assert await store.storage.submit(Sized(actor, 100, "x")) is None


# What one failure does to others.


@pytest.mark.parametrize("kind", [Do, DoTogether])
async def test_a_mistake_of_one_is_no_failure_of_others(
    database_url: str, kind: type[Do], caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(transaction: Transaction) -> None:
        transaction.tell_inbox("default", HIDDEN, Nothing())
        raise LookupError("a mistake of this operation")

    told: list[int] = []
    async with opened(database_url, lambda events, *_: told.append(len(events))) as store:
        operations = [kind(tell), kind(broken), kind(tell), kind(broken), kind(tell)]
        with caplog.at_level(logging.ERROR, "campfire_chat.storage"):
            outcomes = await at_once(store, *done(store, *operations))
        assert [outcomes[0], outcomes[2], outcomes[4]] == [1, 2, 3]
        assert isinstance(outcomes[1], InternalError)
        assert isinstance(outcomes[3], InternalError)
        with pytest.raises(InternalError):
            await store.storage.submit(kind(broken))
        assert await store.storage.submit(kind(tell)) == 4
        assert store.storage.healthy
    assert count(database_url) == sum(told) == 4
    assert caplog.text.count("an operation failed unexpectedly") == 3


@pytest.mark.parametrize("kind", [Do, DoTogether])
async def test_what_was_committed_when_a_mistake_came_to_light_is_not_done_again(
    database_url: str, kind: type[Do], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operations are then looked at one by one, and each gets its own answer."""
    commit, commits = Session.transaction, list[int]()

    async def broken(self: Session, *args: Any) -> Any:
        result = await commit(self, *args)
        commits.append(len(commits))
        # The first is of an operation that only keeps the ledger busy.
        if len(commits) == 2:
            raise LookupError("a mistake after the COMMIT")
        return result

    told: set[int] = set()
    async with opened(
        database_url, lambda events, *_: told.update(event.seq for event in events)
    ) as store:
        monkeypatch.setattr(Session, "transaction", broken)
        operations = [kind(tell), kind(tell), kind(tell)]
        assert await at_once(store, *done(store, *operations)) == [1, 2, 3]
        assert await store.storage.submit(kind(tell)) == 4
    assert count(database_url) == 4
    assert told == {1, 2, 3, 4}


async def test_what_cannot_be_announced_is_stored_and_answered(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    def deaf(*_: Any) -> None:
        raise RuntimeError("the hub has a mistake")

    deferred: list[int] = []

    async def defers(transaction: Transaction) -> int:
        transaction.work_waits(7)
        return await tell(transaction)

    async with opened(database_url, deaf) as store:
        store.storage.on_deferred(deferred.append)
        assert await store.storage.submit(Do(defers)) == 1
        assert await store.storage.submit(Do(tell)) == 2
    assert (count(database_url), deferred) == (2, [7])
    assert "committed events could not be announced" in caplog.text


# How it begins and ends.


async def test_what_waits_when_it_stops_is_committed(database_url: str) -> None:
    async with opened(database_url) as store:
        assert store.storage.healthy
        with waiting(store):
            sent = [store.storage.submit(kind(tell)) for kind in (Do, DoTogether) * 20]
            stopping = asyncio.ensure_future(store.stop())
            await asyncio.sleep(0)
            with pytest.raises(StorageUnavailableError):
                store.storage.submit(Do(tell))
        await stopping
        assert [await future for future in sent] == list(range(1, 41))
        assert not store.storage.healthy
        assert (store.storage.writer.connected, store.storage.readers.connected) == (0, 0)
        # And begins anew.
        await store.start()
        assert store.storage.healthy
        assert await store.storage.submit(Do(tell)) == 41


async def test_a_database_that_does_not_fit_leaves_nothing_behind(empty_database_url: str) -> None:
    store = Store(
        empty_database_url,
        settings=Settings(migrate="check"),
        on_commit=lambda *_: None,
        now=clock.now,
    )
    tasks = asyncio.all_tasks()
    with pytest.raises(MigrationError):
        await store.start()
    assert (store.storage.writer.connected, store.storage.readers.connected) == (0, 0)
    assert asyncio.all_tasks() == tasks
    assert not store.storage.healthy
    assert await store.storage.migrate() == schema.head()
    assert store.storage.writer.connected == 0
    await store.start()
    assert store.storage.healthy
    await store.stop()


async def test_one_connection_writes_and_the_others_cannot(database_url: str) -> None:
    async with opened(database_url, readers=3) as store:
        storage = store.storage
        await until(lambda: storage.readers.connected == 3)
        assert storage.writer.connected == 1
        row = ("default", "key", "x", 1)
        with pytest.raises(StorageUnavailableError):
            await storage.read(lambda session: session.write(statements.INSERT_IDEMPOTENCY, [row]))
    assert Truth(database_url).query("SELECT client_key FROM campfire_idempotency") == []
