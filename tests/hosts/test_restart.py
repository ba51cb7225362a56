"""Told to stop: what clients, requests and the load balancer see, on real servers."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from campfire_chat.realtime.drain import LATE
from tests.support import host
from tests.support.client import Client, Frame
from tests.support.people import Desk
from tests.support.servers import PATIENCE, ROOT, ProcessServer, process_server

pytestmark = pytest.mark.anyio

POLITE, RUDE = 40, 10
#: Clients a second that may reconnect: few, so that a busy machine gets through what has to happen
#: before the first of them is sent away.
RECONNECTS = 8.0

Command = Callable[[str, int], list[str]]


def documented(server: str) -> Command:
    """The command of the documentation, with another app and another port."""
    page = (ROOT / "docs" / "how-to" / "deploy.md").read_text("utf-8")
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    block = next(block for block in blocks if block.startswith(f"{server} app:app "))
    assert "8001" in block

    def command(target: str, port: int) -> list[str]:
        words = shlex.split(block.replace("\\\n", " ").replace("8001", str(port)))
        # hypercorn knows a factory by its parentheses, the others by a flag.
        named = [target] if server == "hypercorn" else [target.removesuffix("()"), "--factory"]
        return ["-m", server, *named, *words[2:]]

    return command


#: A worker that a busy machine keeps from answering for five seconds is killed otherwise.
UNHURRIED = ("--timeout-worker-healthcheck", "120")

SERVERS: dict[str, tuple[Command, tuple[str, ...]]] = {
    "uvicorn": (documented("uvicorn"), ()),
    "uvicorn-asyncio-2-workers": (
        documented("uvicorn"),
        ("--loop", "asyncio", "--workers", "2", *UNHURRIED),
    ),
    "granian": (documented("granian"), ()),
    "granian-asyncio-2-workers": (documented("granian"), ("--loop", "asyncio", "--workers", "2")),
    "hypercorn": (documented("hypercorn"), ()),
}


def health(server: ProcessServer, name: str) -> int:
    """The status of a probe; 0 where nobody listens any more."""
    try:
        url = f"{server.url}/support/api/v1/health/{name}"
        return httpx.get(url, trust_env=False, timeout=PATIENCE).status_code
    except httpx.TransportError:
        return 0


async def until(condition: Callable[[], bool], what: str, *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def crowd(desk: Desk, count: int) -> AsyncIterator[list[Client]]:
    """Sockets of one visitor."""
    visitor = desk.visitor()
    clients = [Client(desk.base, visitor) for _ in range(count)]
    try:
        for client in clients:
            await client.connect()
        yield clients
    finally:
        for client in clients:
            await client.drop()


@pytest.mark.parametrize("name", SERVERS)
async def test_everybody_is_sent_away_in_time(name: str, sqlite_database_url: str) -> None:
    command, arguments = SERVERS[name]
    with process_server(
        sqlite_database_url,
        command=command,
        arguments=arguments,
        environment={host.RECONNECTS: str(RECONNECTS)},
    ) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        async with crowd(desk, POLITE + RUDE) as clients:
            stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
            drains: list[Frame] = await asyncio.gather(
                *(client.until_frame("drain") for client in clients)
            )
            # Sent together, and so many a second; workers share the crowd between them.
            windows = [drain["window"] for drain in drains]
            assert 0 < max(windows) <= (POLITE + RUDE) / RECONNECTS
            assert all(client.closed is None for client in clients)

            # The balancer is told to look elsewhere, and what is asked is still answered.
            assert await asyncio.to_thread(health, server, "ready") == 503
            assert await asyncio.to_thread(health, server, "live") == 200
            path = f"/conversations/{conversation}/messages"
            await asyncio.to_thread(visitor.post, path, {"body": "late", "client_id": "late"})
            refused = Client(desk.base, visitor)
            with pytest.raises(Exception, match=r"503|1012"):
                await refused.connect()
            await refused.drop()

            polite, rude = clients[:POLITE], clients[POLITE:]
            assert all(client.closed is None for client in rude)
            for client in polite:
                await client.close()
            codes = [(await client.until_close()).code for client in rude]
            assert codes == [1012] * RUDE
            status, _ = await stopping
            assert status in (0, -signal.SIGTERM)
        assert "Traceback" not in server.log
        server.start()
        assert [message["body"] for message in visitor.thread(conversation)][-1] == "late"


async def test_hypercorns_supervisor_says_it_late_but_says_it(sqlite_database_url: str) -> None:
    """Its workers are told by an event of its own: at the end of its patience they learn of it
    by being cancelled, and still ask for a spread return."""
    command = documented("hypercorn")
    arguments = ("--workers", "1", "--graceful-timeout", "2")
    with process_server(sqlite_database_url, command=command, arguments=arguments) as server:
        async with crowd(Desk(f"{server.url}/support"), 20) as clients:
            stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
            for client in clients:
                assert (await client.until_frame("drain"))["window"] > 0
                assert (await client.until_close()).code == 1012
            status, _ = await stopping
            assert status == 0


async def test_a_process_without_clients_ends_at_once(sqlite_database_url: str) -> None:
    """However long it would give clients: that is longer than anybody here waits for its end."""
    with process_server(sqlite_database_url, drain_window=600.0) as server:
        status, _ = await asyncio.to_thread(server.terminate)
        assert status in (0, -signal.SIGTERM)


async def test_the_balancer_is_given_time(sqlite_database_url: str) -> None:
    with process_server(sqlite_database_url, drain_delay=8.0) as server:
        desk = Desk(f"{server.url}/support")
        async with crowd(desk, 1) as (client,):
            stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
            await until(lambda: health(server, "ready") == 503, "ready to fail")
            # Until it has noticed it sends clients here, and they are served.
            async with Client(desk.base, desk.visitor()) as late:
                assert client.closed is None
                assert not [frame for frame in client.frames if frame["type"] == "drain"]
                for somebody in (client, late):
                    await somebody.until_frame("drain")
            await client.close()
            await stopping


async def test_the_second_signal_means_it(sqlite_database_url: str) -> None:
    with process_server(sqlite_database_url, drain_delay=600.0) as server:
        async with crowd(Desk(f"{server.url}/support"), 5) as clients:
            server._running.send_signal(signal.SIGTERM)
            await until(lambda: health(server, "ready") == 503, "ready to fail")
            # Ten minutes are far more than anybody here waits for.
            stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
            for client in clients:
                assert (await client.until_close()).code == 1012
            await stopping


@contextlib.asynccontextmanager
async def nobody_can_write(database_url: str) -> AsyncIterator[None]:
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=60)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.rollback()
            connection.close()
        return
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE campfire_streams IN EXCLUSIVE MODE")
            yield
    finally:
        await other.close()


async def test_what_is_being_committed_is_answered(database_url: str) -> None:
    with process_server(database_url) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        path = f"/conversations/{conversation}/messages"
        async with Client(desk.base, visitor) as client:
            async with nobody_can_write(database_url):
                said = asyncio.create_task(client.say(conversation, "by socket", id="s"))
                posted = asyncio.create_task(
                    asyncio.to_thread(visitor.post, path, {"body": "by REST", "client_id": "r"})
                )
                await asyncio.sleep(0.5)
                stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
                await client.until_frame("drain")
                # By now the socket would be closed if nothing were under way.
                await asyncio.sleep(2 * LATE + 0.5)
                assert not said.done()
                assert not posted.done()
            assert (await said)["type"] == "ok"
            assert (await posted)["body"] == "by REST"
            assert (await client.until_close()).code == 1012
            await stopping
        assert "Traceback" not in server.log
        server.start()
        bodies = [message["body"] for message in visitor.thread(conversation)]
        assert sorted(bodies[1:]) == ["by REST", "by socket"]


async def test_clients_find_their_way_back(sqlite_database_url: str) -> None:
    """A restart in place, as the clients see it: nothing lost, nothing twice."""
    with process_server(sqlite_database_url) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        conversation = visitor.begin()["id"]
        stream = f"conversation:{conversation}"
        async with Client(desk.base, visitor) as client:
            await client.subscribe(stream)
            for n in range(5):
                await client.say(conversation, f"{n}")
            stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
            await client.until_frame("drain")
            await client.drop()
            await stopping
            server.start()
            await client.connect()
            reply: dict[str, Any] = await client.say(conversation, "after")
            view = await client.until_seq(stream, reply["seq"])
            assert [event["seq"] for event in view.applied] == list(range(1, 8))
