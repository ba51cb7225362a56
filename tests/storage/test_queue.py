"""The ledger's queue: what joins what waits already, and whose part of it is whose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from campfire_chat import Agent
from campfire_chat.access.actor import Actor, anonymous
from campfire_chat.core import clock
from campfire_chat.core.errors import NotFoundError, OverloadedError
from campfire_chat.database.lanes import Session
from campfire_chat.features.receipts.operations import Marked
from campfire_chat.ledger.write_batch import Notice
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

VISITOR = anonymous("default")
AGENT = agent_actor(Agent(id="ada", name="Ada"))


class Told:
    """What the hub would be told."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def __call__(self, committed: Any, notices: Any, repeated: Any) -> None:
        self.notices += notices


@asynccontextmanager
async def stored(url: str, told: Any = lambda *_: None, **settings: Any) -> AsyncIterator[Store]:
    store = Store(url, settings=Settings(**settings), on_commit=told, now=clock.now)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


@contextmanager
def waiting(store: Store) -> Iterator[None]:
    """Whatever is queued waits: the ledger is busy with something else."""
    free = asyncio.Event()

    async def hold(_: Session) -> None:
        await free.wait()

    holding = asyncio.ensure_future(store.storage.writer.run(hold))
    try:
        yield
    finally:
        free.set()
        holding.add_done_callback(lambda done: done.result())


async def conversation(store: Store, actor: Actor, messages: int = 1) -> str:
    opened, _ = await store.conversations.open(actor, client_id="first", body="Hello")
    for n in range(messages - 1):
        await store.messages.send(AGENT, opened.id, client_id=f"{n}", body="x")
    return opened.id


async def test_marks_that_wait_are_one_write_and_everybody_is_answered(database_url: str) -> None:
    told = Told()
    async with stored(database_url, told) as store:
        id = await conversation(store, VISITOR, 10)
        queue = store.storage._ledger._queue
        with waiting(store):
            # No turn of the loop in between: all of them wait.
            marks = [
                store.receipts.mark(VISITOR, id, delivered=delivered, read=read)
                for delivered, read in ((3, None), (None, 2), (9, None), (1, 1), (4, 5))
            ]
            others = store.receipts.mark(AGENT, id, delivered=1, read=None)
            assert len(queue) == 2
            # One who goes away takes nobody along.
            marks[0].cancel()
        answers = await asyncio.gather(*marks[1:])
        # The first answer has assigned the conversation, which is event 3: the last message is 11.
        assert answers == [Marked(delivered=9, read=5, unread=6)] * 4
        assert (await others).delivered == 1
        mine = [notice for notice in told.notices if notice.frame.participant.id != "ada"]
        assert [(notice.frame.delivered, notice.frame.read) for notice in mine] == [(9, 5)]
        assert queue.size == queue.visitors == queue.visitors_size == 0
        assert queue._mergeable == {}
        # What is under way takes nobody on any more.
        assert await store.receipts.mark(VISITOR, id, delivered=None, read=7) == Marked(9, 7, 4)


async def test_marks_that_are_refused_are_refused_for_everybody(database_url: str) -> None:
    async with stored(database_url) as store:
        id = await conversation(store, VISITOR)
        stranger = anonymous("default")
        with waiting(store):
            marks = [store.receipts.mark(stranger, id, delivered=n, read=None) for n in range(5)]
            assert len(store.storage._ledger._queue) == 1
        for mark in marks:
            with pytest.raises(NotFoundError):
                await mark


async def test_joining_is_bounded_too(database_url: str) -> None:
    async with stored(database_url, write_queue_bytes=20_000) as store:
        id = await conversation(store, VISITOR)
        marks: list[asyncio.Future[Marked]] = []
        with waiting(store):
            with pytest.raises(OverloadedError):  # noqa: PT012
                for n in range(1_000):
                    marks.append(store.receipts.mark(VISITOR, id, delivered=n, read=None))
            assert len(store.storage._ledger._queue) == 1
            assert 10_000 < store.storage._ledger._queue.size <= 15_000
        assert {mark.delivered for mark in await asyncio.gather(*marks)} == {1}


@pytest.mark.parametrize("by", ["number", "bytes"])
async def test_a_part_of_the_queue_is_the_agents(sqlite_database_url: str, by: str) -> None:
    options = {"write_queue": 40} if by == "number" else {"write_queue_bytes": 40 * 900}
    async with stored(sqlite_database_url, **options) as store:
        id = await conversation(store, VISITOR)

        def fill(actor: Actor) -> list[asyncio.Future[Any]]:
            taken: list[asyncio.Future[Any]] = []
            with pytest.raises(OverloadedError):  # noqa: PT012
                for n in range(1_000):
                    taken.append(store.messages.send(actor, id, client_id=f"c{n}", body="x" * 50))
            return taken

        with waiting(store):
            hers, his = fill(VISITOR), fill(AGENT)
            assert 28 <= len(hers) <= 30
            assert 9 <= len(his) <= 12
            # And in the other order the agents may take all of it.
        await asyncio.gather(*hers, *his)
