"""A database that cannot keep up: writers are told to come back before memory grows."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from campfire_chat.access.actor import anonymous
from campfire_chat.access.admission import CALLER_SHARE
from campfire_chat.core import clock
from campfire_chat.core.errors import OverloadedError
from campfire_chat.features.messages.originals import Original
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.messages.sending import Send
from campfire_chat.settings import Settings
from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer
from tests.support.store import Store

pytestmark = pytest.mark.anyio

VISITOR = anonymous("default")


@contextmanager
def held_up(path: Path) -> Iterator[None]:
    """Nobody else can write to the database."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


@pytest.mark.usefixtures("patient_storage")
async def test_a_long_queue_refuses_writes_and_newcomers_and_loses_nothing(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "slow.db"
    limit = 20
    campfire = campfire_for(copy_sqlite(sqlite_template, path), **QUICK, write_queue=limit)
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        # Nobody can fill the queue alone: it takes more agents than there are shares of it. With
        # fewer, or when a busy server takes on a whole batch more than usual, all of them would be
        # refused by their own limits before the queue is full, for ever.
        writers = [desk.agent() for _ in range(2 * CALLER_SHARE)]
        clients = [Client(desk.base, writer) for writer in writers]
        for client in clients:
            await client.connect()
        queue = Store.of(campfire).storage._ledger._queue
        longest = 0
        sent: list[tuple[int, str]] = []
        frame = {"type": "message.send", "conversation_id": conversation}
        with held_up(path):
            # Some batches are taken on before anything has to wait; then the queue fills. It stays
            # as it is once everybody is refused, round after round.
            refused: list[dict[str, Any]] = []
            rounds = 0
            async with asyncio.timeout(300):
                while rounds < 3 or not Store.of(campfire).storage.congested:
                    before = len(refused)
                    for index, client in enumerate(clients):
                        sent.append((index, f"{index}-{len(sent)}"))
                        await client.send({**frame, "id": sent[-1][1], "body": sent[-1][1]})
                    longest = max(longest, len(queue))
                    # The answers come meanwhile; without them it would send far more than it takes.
                    await asyncio.sleep(0.05)
                    refused = [
                        got for client in clients for got in client.frames if got["type"] == "error"
                    ]
                    rounds = rounds + 1 if len(refused) - before >= len(clients) else 0
            assert {error["code"] for error in refused} == {"overloaded"}
            for error in refused:
                assert error["final"] is False
                assert error["retry_after"] == 1.0
            assert longest <= limit
            assert Store.of(campfire).storage.congested
            # Newcomers are told when to come back.
            late = Client(desk.base, visitor)
            await late.open()
            closed = await late.until_close()
            assert (closed.code, closed.reason) == (1013, "overloaded")
            assert late.frames[0]["code"] == "overloaded"
            assert late.frames[0]["retry_after"] == 1.0
            await late.drop()
            # So are writes over REST; reading goes on.
            answer = await asyncio.to_thread(
                visitor.http.post,
                f"/conversations/{conversation}/messages",
                json={"body": "rest", "client_id": "rest"},
            )
            assert answer.status_code == 503
            assert answer.json()["code"] == "overloaded"
            assert answer.headers["retry-after"] == "1"
            assert (await asyncio.to_thread(visitor.http.get, "/me")).status_code == 200
        # Whoever comes back with the same id gets through, and what was taken is stored once.
        for index, name in sent:
            while True:
                reply = await clients[index].say(conversation, name, id=name)
                if reply["type"] == "ok":
                    break
                assert reply["code"] == "overloaded"
                await asyncio.sleep(reply["retry_after"])
        for client in clients:
            await client.close()
        assert not Store.of(campfire).storage.congested
        stored = [item["body"] for item in visitor.thread(conversation)]
        assert sorted(stored[1:]) == sorted(name for _, name in sent)


@pytest.mark.usefixtures("patient_storage")
async def test_the_queue_is_bounded_in_bytes_too(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "slow.db"
    settings = Settings(write_queue_bytes=200_000)
    url = copy_sqlite(sqlite_template, path)
    store = Store(url, settings=settings, on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        opened, _ = await store.conversations.open(VISITOR, client_id="first", body="Hello")
        queue = store.storage._ledger._queue
        taken: list[asyncio.Future[Any]] = []
        with held_up(path):
            # No turn of the loop in between: all of it has to wait.
            with pytest.raises(OverloadedError):  # noqa: PT012
                for n in range(1_000):
                    taken.append(
                        store.messages.send(VISITOR, opened.id, client_id=f"{n}", body="ü" * 9_000)
                    )
            assert 2 <= len(taken) <= 200_000 // 9_000
            assert 100_000 < queue.size <= 200_000
            assert store.storage.congested
        for sent in await asyncio.gather(*taken):
            assert not sent.duplicate
        assert queue.size == 0
        assert not store.storage.congested
    finally:
        await store.stop()


async def test_what_waits_holds_about_what_it_is_counted_for() -> None:
    loop = asyncio.get_running_loop()
    # It is asked only in a transaction.
    reopening: Any = None
    for body in ("x" * 10, "x" * 8_000, "ü" * 8_000, "\U0001f525" * 4_000):
        tracemalloc.start()
        waiting: list[Any] = []
        for n in range(300):
            # A copy of its own, as every frame has.
            text = (body + "!")[:-1]
            send = Send(
                VISITOR,
                f"conv_{n}",
                client_id=f"client id {n}",
                body=text,
                original=Original(text, b"not the installation's"),
                visibility=Visibility.PUBLIC,
                reply_to=None,
                reopening=reopening,
            )
            waiting.append((send, loop.create_future()))
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        counted = sum(send.size for send, _ in waiting)
        assert 0.6 * counted < held < 1.4 * counted, (sys.getsizeof(body), held / 300)
