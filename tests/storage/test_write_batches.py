"""The optimistic path of the ledger: batches of what is in memory, and what becomes of bad ones."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import Any

import pytest
from msgspec import UNSET

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Availability, Visitor
from campfire_chat.core import clock
from campfire_chat.core.errors import InvalidError, StorageUnavailableError
from campfire_chat.database.lanes import Lanes
from campfire_chat.database.postgresql import PostgreSQLEngine
from campfire_chat.features.conversations.records import AgentConversation
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.ledger import record_cache
from campfire_chat.ledger.locking import LockingPath
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.talk import until
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
ADA = agent_actor(Agent(id="ada", name="Ada"))


@pytest.fixture
async def stores(database_url: str, anyio_backend: str) -> AsyncIterator[list[Store]]:
    """Two processes' worth of storage on one database."""
    async with AsyncExitStack() as stack:
        found: list[Store] = []
        for _ in range(2):
            store = Store(
                database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now
            )
            await store.start()
            stack.push_async_callback(store.stop)
            found.append(store)
        yield found


@pytest.fixture(autouse=True)
def long_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in hand stays there for longer than a busy machine takes for a test."""
    monkeypatch.setattr(record_cache, "LIFE", 3600.0)


@pytest.fixture
def locking(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the batches that took the locking path."""
    sizes: list[int] = []
    commit = LockingPath.commit

    async def counted(self: LockingPath, operations: list[Any], attempts: Any) -> Any:
        sizes.append(len(operations))
        return await commit(self, operations, attempts)

    monkeypatch.setattr(LockingPath, "commit", counted)
    return sizes


async def begin(store: Store) -> str:
    opened, _ = await store.conversations.open(MIA, client_id="first", body="Hello")
    return opened.id


def send(store: Store, actor: Actor, conversation: str, client_id: str) -> asyncio.Future[Any]:
    return store.messages.send(
        actor, conversation, client_id=client_id, body=f"body of {client_id}"
    )


def gapless(database_url: str) -> None:
    truth = Truth(database_url)
    for stream, head, count, first, last in truth.query(
        "SELECT s.stream, s.head, count(e.seq), min(e.seq), max(e.seq) FROM campfire_streams s "
        "LEFT JOIN campfire_events e ON e.org_id = s.org_id AND e.stream = s.stream "
        "GROUP BY s.stream, s.head"
    ):
        assert (count, first or 1, last or 0) == (head, 1, head), stream


async def test_what_is_in_hand_is_not_read_again(
    stores: list[Store], locking: list[int], database_url: str
) -> None:
    conversation = await begin(stores[0])
    del locking[:]
    sent = await asyncio.gather(
        *(send(stores[0], MIA, conversation, f"m{number}") for number in range(200))
    )
    assert [one.seq for one in sent] == list(range(2, 202))
    assert not any(one.duplicate for one in sent)
    marked = await stores[0].receipts.mark(ADA, conversation, delivered=None, read=201)
    assert marked.unread == 0
    assert locking == []
    gapless(database_url)


async def test_what_others_do_empties_nothing(
    stores: list[Store], locking: list[int], database_url: str
) -> None:
    """Whoever begins a conversation, changes one or signs in does not slow down another one."""
    tom = actor_of_visitor(Visitor(id="tom", name="Tom"))
    store = stores[0]
    conversation = await begin(store)
    await store.agents.remember(ADA)
    other, _ = await store.conversations.open(tom, client_id="other", body="Hello")
    await store.conversations.change(ADA, other.id, Patch(tags=["x"]), "ada")
    with pytest.raises(InvalidError):
        await store.conversations.change(ADA, other.id, Patch(), "nobody")
    await store.contacts.refresh(actor_of_visitor(Visitor(id="tom", name="Thomas")))
    await store.agents.remember(agent_actor(Agent(id="bob", name="Bob")))
    await store.agents.set_availability(ADA, "ada", Availability.AWAY)
    del locking[:]
    assert (await send(store, MIA, conversation, "next")).seq == 2
    assert locking == []
    # What shows the name that has changed is read again.
    assert (await send(store, tom, other.id, "next")).seq == 3
    assert locking == [1]
    shown = await store.conversations.get(ADA, other.id)
    assert isinstance(shown, AgentConversation)
    assert shown.contact.name == "Thomas"
    gapless(database_url)


async def test_an_agent_with_another_name_is_read_again_where_they_are_assigned(
    stores: list[Store], locking: list[int]
) -> None:
    store = stores[0]
    conversation = await begin(store)
    await store.agents.remember(ADA)
    await store.conversations.change(ADA, conversation, Patch(), "ada")
    await store.agents.remember(agent_actor(Agent(id="ada", name="Ada Lovelace")))
    del locking[:]
    await send(store, MIA, conversation, "next")
    assert locking == [1]
    page = await store.storage.stream_page("default", "inbox:default", 0)
    last = json.loads(page.events[-1][1])
    assert last["data"]["assignee"]["name"] == "Ada Lovelace"


async def test_talk_that_is_over_takes_no_memory(
    stores: list[Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [
        (await stores[0].conversations.open(MIA, client_id=f"c{n}", body="Hello"))[0].id
        for n in range(20)
    ]
    await asyncio.gather(*(send(stores[0], MIA, one, f"first-{one}") for one in ids))
    in_hand = stores[0].storage._ledger._cache
    assert len(in_hand.records.aggregates) == 20
    monkeypatch.setattr(record_cache, "REMEMBERED", 0.05)
    await asyncio.sleep(0.1)
    opened, _ = await stores[0].conversations.open(MIA, client_id="another", body="Hello")
    assert list(in_hand.records.aggregates) == [("default", opened.id)]
    assert await send(stores[0], MIA, ids[0], "again")


async def test_more_talk_than_there_is_memory_for_is_read_again(
    stores: list[Store], locking: list[int], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_cache, "LIMIT", 3)
    store = stores[0]
    ids: list[str] = []
    for number in range(9):
        opened, _ = await store.conversations.open(MIA, client_id=f"c{number}", body="Hello")
        ids.append(opened.id)
        in_hand = store.storage._ledger._cache.records.aggregates
        assert len(in_hand) == number % 4 + 1
        assert ("default", opened.id) in in_hand
    # Those that are left are as before, and so are those that were put away.
    for conversation in (ids[8], ids[0]):
        del locking[:]
        assert (await send(store, MIA, conversation, f"to {conversation}")).seq == 2
        assert locking == ([] if conversation == ids[8] else [1])
    gapless(database_url)


async def test_a_known_client_id_in_a_burst(
    stores: list[Store], locking: list[int], database_url: str
) -> None:
    """It is in the first of several batches, the next of which is on its way already."""
    conversation = await begin(stores[0])
    known = await send(stores[0], MIA, conversation, "known")
    del locking[:]
    ids = [f"m{number}" for number in range(600)]
    ids.insert(31, "known")
    sent = await asyncio.gather(*(send(stores[0], MIA, conversation, one) for one in ids))
    assert (sent[31].duplicate, sent[31].seq) == (True, known.seq)
    others = sent[:31] + sent[32:]
    assert [one.seq for one in others] == list(range(known.seq + 1, known.seq + 601))
    assert not any(one.duplicate for one in others)
    assert locking, "only the locking path can tell"
    gapless(database_url)


async def test_two_processes_write_to_one_conversation(
    stores: list[Store], database_url: str
) -> None:
    conversation = await begin(stores[0])
    seqs: list[int] = []
    for number in range(10):
        for index, store in enumerate(stores):
            some = (send(store, MIA, conversation, f"{number}-{index}-{n}") for n in range(20))
            seqs += [one.seq for one in await asyncio.gather(*some)]
    assert seqs == list(range(2, 402))
    both = [
        send(store, MIA, conversation, f"together-{index}-{n}")
        for n in range(100)
        for index, store in enumerate(stores)
    ]
    assert sorted(one.seq for one in await asyncio.gather(*both)) == list(range(402, 602))
    gapless(database_url)


async def test_a_draft_that_builds_on_one_that_failed_fails_with_it(
    stores: list[Store], database_url: str, engine: str
) -> None:
    """Somebody else commits while two drafts are on their way."""
    conversation = await begin(stores[0])
    await send(stores[0], MIA, conversation, "warm")
    burst = [send(stores[0], MIA, conversation, f"m{number}") for number in range(100)]
    await asyncio.sleep(0)
    if engine == "sqlite":
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as other, other:
            other.execute("CREATE TABLE somebody_elses (id INTEGER)")
    else:
        await send(stores[1], MIA, conversation, "somebody else's")
    sent = await asyncio.gather(*burst)
    assert len({one.seq for one in sent}) == 100
    assert [one.seq for one in sent] == sorted(one.seq for one in sent)
    assert not any(one.duplicate for one in sent)
    gapless(database_url)


@asynccontextmanager
async def held_up(database_url: str, conversation: str) -> AsyncIterator[None]:
    """Nobody else can write to the conversation."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()
        return
    import asyncpg

    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(
                "SELECT 1 FROM campfire_conversations WHERE conversation_id = $1 FOR UPDATE",
                conversation,
            )
            yield
    finally:
        await connection.close()


async def test_a_draft_that_took_too_long_is_found_by_the_repetition(
    stores: list[Store], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger has given it up, and the sender been told so, when it is committed after all."""
    conversation = await begin(stores[0])
    await send(stores[0], MIA, conversation, "warm")
    defaults = Lanes.run.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "deadline", 0.4)
    async with held_up(database_url, conversation):
        with pytest.raises(StorageUnavailableError):
            await send(stores[0], MIA, conversation, "late")
        # The load balancer is told, until something was committed.
        assert not stores[0].storage.healthy
    monkeypatch.undo()
    await until(
        lambda: Truth(database_url).query(
            "SELECT 1 FROM campfire_messages WHERE body = 'body of late'"
        )
    )
    again = await send(stores[0], MIA, conversation, "late")
    assert (again.seq, again.duplicate) == (3, True)
    assert stores[0].storage.healthy
    # What is in hand has not gone astray.
    following = await asyncio.gather(
        *(send(stores[0], MIA, conversation, f"m{number}") for number in range(20))
    )
    assert [(one.seq, one.duplicate) for one in following] == [(n, False) for n in range(4, 24)]
    gapless(database_url)


async def test_marks_do_not_go_back_whoever_writes_them(
    stores: list[Store], database_url: str
) -> None:
    conversation = await begin(stores[0])
    for number in range(5):
        await send(stores[0], MIA, conversation, f"m{number}")
    # The second has a mark in hand when the first moves it on.
    await stores[1].receipts.mark(ADA, conversation, delivered=2, read=1)
    await stores[0].receipts.mark(ADA, conversation, delivered=6, read=6)
    await stores[1].receipts.mark(ADA, conversation, delivered=3, read=None)
    await stores[1].receipts.mark(ADA, conversation, delivered=3, read=3)
    rows = Truth(database_url).query(
        "SELECT delivered, read, read_count FROM campfire_receipts WHERE participant_kind = 'agent'"
    )
    assert [tuple(row) for row in rows] == [(6, 6, 6)]


@pytest.mark.parametrize("lasts", [True, False])
async def test_who_was_overtaken_looks_before_they_write_for_a_while(
    stores: list[Store],
    locking: list[int],
    engine: str,
    lasts: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise every batch would fail as long as another process writes to the conversation."""
    monkeypatch.setattr(record_cache, "CONTENDED", 3600.0 if lasts else -1.0)
    conversation = await begin(stores[0])
    other, _ = await stores[0].conversations.open(MIA, client_id="other", body="Hello")
    await send(stores[0], MIA, conversation, "warm")
    await send(stores[1], MIA, conversation, "somebody else's")
    del locking[:]
    for number in range(3):
        await send(stores[0], MIA, conversation, f"m{number}")
        await send(stores[0], MIA, other.id, f"o{number}")
    # What was in hand is gone, so each looks once. SQLite tells of every change, so there nobody is
    # overtaken again and again.
    waits = lasts and engine == "postgresql"
    assert locking == ([1] * 4 if waits else [1] * 2)


def test_who_overtook_us_is_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = record_cache.RecordCache(PostgreSQLEngine())
    for ids in (["a", "b"], ["c"], ["a"]):
        cache.contend(ids)
    assert list(cache._contended) == ["b", "c", "a"]
    monkeypatch.setattr(record_cache, "CONTENDED", -1.0)
    cache.contend(["b"])
    # The first of them is not over yet, and the others come after it.
    assert list(cache._contended) == ["c", "a", "b"]
    cache = record_cache.RecordCache(PostgreSQLEngine())
    cache.contend(["a", "b"])
    assert list(cache._contended) == []


async def test_a_changed_name_shows_in_the_next_message(
    stores: list[Store], database_url: str
) -> None:
    conversation = await begin(stores[0])
    await send(stores[0], MIA, conversation, "before")
    renamed = actor_of_visitor(Visitor(id="mia", name="Mia Miller"))
    await stores[0].contacts.refresh(renamed)
    await send(stores[0], MIA, conversation, "after")
    assert last_in_inbox(database_url)["contact"]["name"] == "Mia Miller"


async def test_what_another_process_changed_stays_changed(
    stores: list[Store], database_url: str
) -> None:
    """A tag leaves no trace in the stream that the message goes to."""
    conversation = await begin(stores[0])
    await send(stores[0], MIA, conversation, "before")
    await stores[1].conversations.change(ADA, conversation, Patch(tags=["urgent"]), UNSET)
    await send(stores[0], MIA, conversation, "after")
    assert last_in_inbox(database_url)["tags"] == ["urgent"]
    ((tags,),) = Truth(database_url).query("SELECT tags FROM campfire_conversations")
    assert json.loads(tags) == ["urgent"]


async def test_sqlite_tells_of_a_name_that_another_process_changed(
    stores: list[Store], database_url: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await begin(stores[0])
    await send(stores[0], MIA, conversation, "before")
    await stores[1].contacts.refresh(actor_of_visitor(Visitor(id="mia", name="Mia Miller")))
    await send(stores[0], MIA, conversation, "after")
    # PostgreSQL does not tell; there a name is in hand for some seconds.
    expected = "Mia Miller" if engine == "sqlite" else "Mia"
    assert last_in_inbox(database_url)["contact"]["name"] == expected
    monkeypatch.setattr(record_cache, "LIFE", -1.0)
    await send(stores[0], MIA, conversation, "some seconds later")
    assert last_in_inbox(database_url)["contact"]["name"] == "Mia Miller"


def last_in_inbox(database_url: str) -> dict[str, Any]:
    payloads = Truth(database_url).query(
        "SELECT payload FROM campfire_events WHERE stream = 'inbox:default' ORDER BY seq"
    )
    return json.loads(payloads[-1][0])["data"]
