"""Lookups that share a query."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from campfire_chat.core.errors import NotFoundError, StorageUnavailableError
from campfire_chat.database.batch_loader import MOST, BatchLoader
from campfire_chat.database.lanes import Session
from campfire_chat.ledger.stream_access import StreamAccess
from campfire_chat.runtime import AGGREGATES, OWN_STREAMS
from tests.support.store import Store
from tests.support.talk import VISITOR, store_on

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(database_url: str, anyio_backend: str) -> AsyncIterator[Store]:
    async with store_on(database_url) as started:
        yield started


class Library:
    """Knows every name but ``unknown``, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []
        self.open = asyncio.Event()
        self.broken: Exception | None = None

    async def find(self, _: Session, organization: str, names: Sequence[str]) -> Mapping[str, str]:
        self.asked.append((organization, list(names)))
        await self.open.wait()
        if self.broken is not None:
            raise self.broken
        return {name: f"{organization}/{name}" for name in names if name != "unknown"}


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def busy(store: Store, loader: BatchLoader[str]) -> list[asyncio.Task[str | None]]:
    """Every reader has a question of its own that is not answered yet."""
    first: list[asyncio.Task[str | None]] = []
    for number in range(store.settings.readers):
        first.append(asyncio.create_task(loader.get("a", f"first-{number}")))
        await settled()
    return first


async def test_those_who_come_while_the_readers_are_busy_share_a_query(store: Store) -> None:
    library = Library()
    loader = BatchLoader(store.storage.readers, library.find)
    first = await busy(store, loader)
    assert [names for _, names in library.asked] == [[f"first-{n}"] for n in range(len(first))]
    wanted = [("a", "x"), ("b", "x"), ("a", "y"), ("a", "x"), ("a", "unknown")]
    others = [asyncio.create_task(loader.get(*one)) for one in wanted]
    await settled()
    library.open.set()
    assert await asyncio.gather(*others) == ["a/x", "b/x", "a/y", "a/x", None]
    assert library.asked[len(first) :] == [("a", ["x", "y", "unknown"]), ("b", ["x"])]
    assert await asyncio.gather(*first) == [f"a/first-{n}" for n in range(len(first))]


async def test_a_question_never_joins_a_query_that_has_begun(store: Store) -> None:
    """Its answer might be from before."""
    library = Library()
    loader = BatchLoader(store.storage.readers, library.find)
    before = asyncio.create_task(loader.get("a", "x"))
    await settled()
    after = asyncio.create_task(loader.get("a", "x"))
    await settled()
    library.open.set()
    assert await asyncio.gather(before, after) == ["a/x", "a/x"]
    assert library.asked == [("a", ["x"]), ("a", ["x"])]


async def test_a_query_has_a_size(store: Store) -> None:
    library = Library()
    loader = BatchLoader(store.storage.readers, library.find)
    first = await busy(store, loader)
    others = [asyncio.create_task(loader.get("a", str(n))) for n in range(MOST + 3)]
    await settled()
    library.open.set()
    assert await asyncio.gather(*others) == [f"a/{n}" for n in range(MOST + 3)]
    assert [len(names) for _, names in library.asked[len(first) :]] == [MOST, 3]
    await asyncio.gather(*first)


async def test_whoever_goes_away_leaves_the_others_their_answer(store: Store) -> None:
    library = Library()
    loader = BatchLoader(store.storage.readers, library.find)
    first = await busy(store, loader)
    gone, stays = (asyncio.create_task(loader.get("a", name)) for name in ("x", "y"))
    await settled()
    gone.cancel()
    await settled()
    assert gone.cancelled()
    library.open.set()
    assert await stays == "a/y"
    await asyncio.gather(*first)


async def test_a_failure_is_everybodys_and_the_next_question_starts_anew(store: Store) -> None:
    library = Library()
    loader = BatchLoader(store.storage.readers, library.find)
    first = await busy(store, loader)
    others = [asyncio.create_task(loader.get("a", name)) for name in ("x", "y")]
    await settled()
    library.broken = StorageUnavailableError(retry_after=1.0)
    library.open.set()
    for outcome in await asyncio.gather(*first, *others, return_exceptions=True):
        assert isinstance(outcome, StorageUnavailableError)
    library.broken = None
    assert await loader.get("a", "x") == "a/x"


async def test_lanes_that_do_not_run_leave_nobody_waiting(store: Store) -> None:
    library = Library()
    loader = BatchLoader(store.storage.readers, library.find)
    await store.stop()
    for _ in range(2):
        with pytest.raises(StorageUnavailableError):
            await loader.get("a", "x")
    assert library.asked == []


async def test_a_crowd_at_the_door(store: Store) -> None:
    """Each gets the head of its own stream, and nobody one of another's."""
    audience = StreamAccess(store.storage.readers, AGGREGATES, OWN_STREAMS)
    opened = [
        (await store.conversations.open(VISITOR, client_id=f"{n}", body=f"{n}"))[0].id
        for n in range(40)
    ]
    for number, conversation in enumerate(opened):
        for more in range(number % 4):
            await store.messages.send(
                VISITOR, conversation, client_id=f"{number}-{more}", body="more"
            )
    heads = await asyncio.gather(
        *(audience.admit(VISITOR, f"conversation:{conversation}") for conversation in opened)
    )
    assert heads == [1 + number % 4 for number in range(40)]
    refused = await asyncio.gather(
        *(audience.admit(VISITOR, f"notes:{conversation}") for conversation in opened),
        audience.admit(VISITOR, "conversation:cnv_nowhere"),
        return_exceptions=True,
    )
    assert all(isinstance(error, NotFoundError) for error in refused)
