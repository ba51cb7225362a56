"""Others are in the way: real deadlocks, lock timeouts, cancelled queries, serialisation."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from campfire_chat.core import clock
from campfire_chat.database.lanes import Session
from campfire_chat.features.presence.operations import Beat
from campfire_chat.feed.positions import Positions
from campfire_chat.feed.reading import FeedEvent
from campfire_chat.hooks.held import HoldEvents, consumer_of
from campfire_chat.ledger.events import HIDDEN, Nothing
from campfire_chat.ledger.transaction import Transaction
from tests.storage.test_operations import DoTogether
from tests.support.fault_proxy import FaultProxy
from tests.support.postgres import COMMIT, execute, run_apart
from tests.support.store import Store
from tests.support.talk import VISITOR, store_on, until
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def another_session(url: str) -> AsyncIterator[Any]:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def lock(other: Any, conversation_id: str) -> None:
    await other.execute(
        "SELECT 1 FROM campfire_conversations WHERE conversation_id = $1 FOR UPDATE",
        conversation_id,
    )


async def until_waiting(url: str, sessions: int = 1) -> int:
    """Wait until as many sessions of ours wait for a lock; the process id of one."""
    async with another_session(url) as look:
        return await seen_waiting(look, sessions)


async def seen_waiting(look: Any, sessions: int = 1) -> int:
    """The same, seen over a session that is there already."""
    async with asyncio.timeout(60):
        while True:
            found = await look.fetch(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database()"
            )
            if len(found) == sessions:
                return found[0]["pid"]
            await asyncio.sleep(0.02)


def failures(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records)


@pytest.fixture
def url(postgres_database_url: str) -> str:
    return postgres_database_url


async def test_the_victim_of_a_deadlock_tries_again(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        store_on(url) as store,
        another_session(url) as other,
        another_session(url) as look,
    ):
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        ((first,), _) = await store.messages.page(VISITOR, opened.id, None, 10)

        # A session looks once for a deadlock, so long after it began to wait, and is its victim if
        # there is one by then. Ours looks when the other one waits as well, on a busy machine too;
        # that one never does.
        async def look_late(session: Session) -> None:
            await session.command("SET deadlock_timeout = '4s'")

        await store.storage.writer.run(look_late)
        await other.execute("SET deadlock_timeout = '10min'")
        # We lock the conversation and then the inbox. This one begins at the end.
        with caplog.at_level(logging.DEBUG, "campfire_chat.storage"):
            async with other.transaction():
                await other.execute(
                    "SELECT 1 FROM campfire_streams WHERE stream = 'inbox:default' FOR UPDATE"
                )
                # A reply is not drafted beforehand: nothing but the repetition can help it.
                sending = store.messages.send(
                    VISITOR, opened.id, client_id="x", body="Once", reply_to=first.id
                )
                await seen_waiting(look)
                await lock(other, opened.id)
            sent = await sending
        assert "deadlock detected" in failures(caplog)
        assert (sent.seq, sent.duplicate) == (2, False)


async def test_a_lock_that_is_not_to_be_had_in_time(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with store_on(url) as store, another_session(url) as other:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")

        async def hurry(session: Session) -> None:
            (row,) = await session.raw.fetch("SHOW lock_timeout")
            assert row[0] == "8s"
            await session.command("SET lock_timeout = '200ms'")

        await store.storage.writer.run(hurry)
        with caplog.at_level(logging.DEBUG, "campfire_chat.storage"):
            async with other.transaction():
                await lock(other, opened.id)
                sending = store.messages.send(VISITOR, opened.id, client_id="x", body="Once")
                await until(lambda: "lock timeout" in failures(caplog))
            sent = await sending
        assert (sent.seq, sent.duplicate) == (2, False)


async def test_a_query_that_somebody_cancels_is_done_again(url: str) -> None:
    async with store_on(url) as store, another_session(url) as other:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        async with other.transaction():
            await lock(other, opened.id)
            sending = store.messages.send(VISITOR, opened.id, client_id="x", body="Once")
            # The draft, and then the long way as well.
            for _ in range(2):
                await other.execute("SELECT pg_cancel_backend($1)", await until_waiting(url))
                await asyncio.sleep(0.2)
            assert not sending.done()
        assert (await sending).seq == 2


async def test_who_was_assigned_while_we_waited_has_a_name(url: str) -> None:
    async with store_on(url) as store, another_session(url) as other:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        ((first,), _) = await store.messages.page(VISITOR, opened.id, None, 10)
        async with other.transaction():
            await lock(other, opened.id)
            # A reply is not drafted: it reads the conversation as it takes its lock.
            sending = store.messages.send(
                VISITOR, opened.id, client_id="x", body="Once", reply_to=first.id
            )
            await until_waiting(url)
            await other.execute(
                "INSERT INTO campfire_agents (org_id, agent_id, external_id, name, role, "
                "availability, created_at) "
                "VALUES ('default', 'zoe', '7', 'Zoe', 'agent', 'online', 1)"
            )
            await other.execute("UPDATE campfire_conversations SET assignee_id = 'zoe'")
        await sending
    ((payload,),) = Truth(url).query(
        "SELECT payload FROM campfire_events WHERE stream = 'inbox:default' "
        "ORDER BY seq DESC LIMIT 1"
    )
    assert json.loads(payload)["data"]["assignee"]["name"] == "Zoe"


async def test_the_same_message_from_two_processes_that_both_found_it_new(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Client ids are looked for before anything is locked."""
    async with store_on(url) as one, store_on(url) as two, another_session(url) as other:
        opened, _ = await one.conversations.open(VISITOR, client_id="0", body="0")
        ((first,), _) = await one.messages.page(VISITOR, opened.id, None, 10)
        with caplog.at_level(logging.DEBUG, "campfire_chat.storage"):
            async with other.transaction():
                await other.execute(
                    "SELECT 1 FROM campfire_streams WHERE stream = 'inbox:default' FOR UPDATE"
                )
                # The first has the conversation, and waits for the inbox; the second for the first.
                sending = []
                for waiting, store in enumerate((one, two), start=1):
                    sending.append(
                        store.messages.send(
                            VISITOR, opened.id, client_id="x", body="Once", reply_to=first.id
                        )
                    )
                    await until_waiting(url, sessions=waiting)
            sent = await asyncio.gather(*sending)
    assert "duplicate key" in failures(caplog)
    assert [(item.seq, item.duplicate) for item in sent] == [(2, False), (2, True)]
    ((count,),) = Truth(url).query("SELECT count(*) FROM campfire_messages")
    assert count == 2


@pytest.mark.parametrize("pinned", [True, False])
async def test_a_database_that_is_serializable_by_default(
    url: str, pinned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    name = urlsplit(url).path.lstrip("/")
    statement = f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable'
    run_apart(execute(url, statement))

    async def unpin(session: Session) -> None:
        await session.command("SET default_transaction_isolation = serializable")

    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(store_on(url)) for _ in range(2)]
        if not pinned:
            for store in stores:
                await store.storage.writer.run(unpin)
        opened, _ = await stores[0].conversations.open(VISITOR, client_id="0", body="0")
        stack.enter_context(caplog.at_level(logging.DEBUG, "campfire_chat.storage"))

        async def talk(store: Store, sender: int) -> list[int]:
            seqs: list[int] = []
            for n in range(15):
                sent = await store.messages.send(
                    VISITOR, opened.id, client_id=f"{sender}.{n}", body=f"{sender}.{n}"
                )
                seqs.append(sent.seq)
            return seqs

        seqs = await asyncio.gather(
            *(talk(store, 10 * n + m) for n, store in enumerate(stores) for m in range(3))
        )
    for mine in seqs:
        assert mine == sorted(mine)
    assert sorted(seq for mine in seqs for seq in mine) == list(range(2, 92))
    # Left alone, our transactions only wait for each other; forced to be serializable they fail.
    assert ("could not serialize" in failures(caplog)) is not pinned


@pytest.mark.usefixtures("patient_storage")
async def test_a_process_that_vanishes_inside_a_transaction_does_not_hold_up_the_others(
    url: str,
) -> None:
    async with FaultProxy.before(url) as proxy, store_on(url) as here:
        opened, _ = await here.conversations.open(VISITOR, client_id="0", body="0")
        async with store_on(proxy.through(url)) as vanishing:
            silent = proxy.silence_at(COMMIT, way="request")
            lost = vanishing.messages.send(VISITOR, opened.id, client_id="lost", body="Lost")
            await silent.wait()
            proxy.stall()
            # The server waits five seconds for the word that does not come.
            async with asyncio.timeout(60):
                sent = await here.messages.send(VISITOR, opened.id, client_id="x", body="Once")
            assert sent.seq == 2
            assert not lost.done()
            proxy.heal()
            # Back again, the other one finds out that nothing was stored, and does it.
            async with asyncio.timeout(60):
                assert (await lost).seq == 3
    rows = Truth(url).query("SELECT body FROM campfire_messages ORDER BY seq")
    assert [body for (body,) in rows] == ["0", "Once", "Lost"]


async def test_what_tells_the_inbox_nothing_does_not_wait_for_it(url: str) -> None:
    """Whoever tells the inbox something holds it until the commit. Who does not goes on."""
    async with store_on(url) as store, another_session(url) as other:
        await store.conversations.open(VISITOR, client_id="0", body="0")
        lanes = (store.storage.writer, store.storage.readers)
        positions, place = Positions(*lanes, node="one", now=clock.now), ("default", "audit")
        await positions.claim(place)
        async with other.transaction():
            await other.execute(
                "SELECT 1 FROM campfire_streams WHERE stream = 'inbox:default' FOR UPDATE"
            )
            # Nor does a consumer of the feed that has read on.
            holding = HoldEvents("default", "audit", {})
            assert await store.storage.submit(positions.reached_with(place, 1, holding))
            beat = Beat("default", "conv_1", VISITOR.principal.participant)
            await store.presence.write("default", node_id="n", alive=[beat])
    assert Truth(url).query("SELECT org_id FROM campfire_presence") == [("default",)]


async def test_operations_that_are_done_together_take_the_inbox_last(url: str) -> None:
    """It is what every commit of the organisation needs, so they hold it only while they write."""
    async with store_on(url) as store, another_session(url) as other:
        await store.conversations.open(VISITOR, client_id="0", body="0")

        async def run(transaction: Transaction) -> None:
            transaction.tell_inbox("default", HIDDEN, Nothing())
            await other.execute(
                "SELECT 1 FROM campfire_streams WHERE stream = 'inbox:default' FOR UPDATE NOWAIT"
            )

        await store.storage.submit(DoTogether(run))
        assert await store.storage.inbox_heads(["default"]) == {"default": 2}


async def test_two_processes_begin_the_same_inbox(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who comes second waits for the first, and goes on from there."""
    async with store_on(url) as store, another_session(url) as other:
        with caplog.at_level(logging.DEBUG, "campfire_chat.storage"):
            async with other.transaction():
                await other.execute(
                    "INSERT INTO campfire_streams (org_id, stream, head) "
                    "VALUES ('default', 'inbox:default', 7)"
                )
                opening = asyncio.ensure_future(
                    store.conversations.open(VISITOR, client_id="0", body="0")
                )
                await until_waiting(url)
            await opening
        assert "duplicate key" not in failures(caplog)
        assert await store.storage.inbox_heads(["default"]) == {"default": 8}


async def test_events_of_a_hook_are_held_by_one_process_at_a_time(url: str) -> None:
    """Or one could forget the last of them while another one counts on its job."""
    async with store_on(url) as store, another_session(url) as other:
        lanes = (store.storage.writer, store.storage.readers)
        positions = Positions(*lanes, node="one", now=clock.now)
        event = FeedEvent("default", 1, 0, "inbox:default", 1, "hidden", 1, "{}")
        for organization in ("acme", "default"):
            await positions.claim((organization, consumer_of("audit")))
        for locked in ("acme", "default"):
            async with other.transaction():
                await other.execute(
                    "SELECT 1 FROM campfire_consumers WHERE org_id = $1 FOR UPDATE", locked
                )
                held = HoldEvents("default", "audit", {f"beside {locked}": [event]})
                holding = store.storage.submit(held)
                await (holding if locked == "acme" else until_waiting(url))
            await holding
    rows = Truth(url).query("SELECT subject FROM campfire_held_events ORDER BY subject")
    assert rows == [("beside acme",), ("beside default",)]
