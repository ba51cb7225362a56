"""The database goes away while people talk, and comes back."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Visitor
from tests.conftest import QUICK
from tests.support.client import Client, Closed
from tests.support.engines import create_postgres_database, drop_postgres_database
from tests.support.host import authenticate, campfire_for, host_app
from tests.support.people import Desk
from tests.support.postgres import PostgresServer, execute, run_apart
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def outage(postgres: str, postgres_template: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """A database of its own and a context in which nobody can reach it."""
    url = create_postgres_database(postgres, template=postgres_template)
    name = urlsplit(url).path.lstrip("/")

    def admit(admitted: bool) -> None:
        run_apart(execute(postgres, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {admitted}'))

    @contextmanager
    def down() -> Iterator[None]:
        admit(False)
        run_apart(
            execute(
                postgres,
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
            )
        )
        try:
            yield
        finally:
            admit(True)

    yield url, down
    drop_postgres_database(url, postgres)


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


async def test_nothing_acknowledged_is_lost_and_everything_heals(
    outage: tuple[str, Callable[[], Any]],
) -> None:
    url, down = outage
    with ThreadServer(host_app(campfire_for(url, **QUICK))) as server:
        desk = Desk(f"{server.url}/support")
        ready = f"{desk.base}/api/v1/health/ready"
        visitor, agent = desk.visitor(), desk.agent()
        conversation = visitor.begin("before")["id"]
        stream = f"conversation:{conversation}"
        async with Client(desk.base, visitor) as hers, Client(desk.base, agent) as his:
            await hers.subscribe(stream)
            await his.subscribe(stream)
            assert (await hers.say(conversation, "kept", id="kept"))["type"] == "ok"
            with down():
                refused = await hers.say(conversation, "later", id="later")
                assert (refused["type"], refused["code"]) == ("error", "storage_unavailable")
                assert refused["final"] is False
                response = await asyncio.to_thread(visitor.http.get, "/conversations")
                assert response.status_code == 503
                assert response.json()["code"] == "storage_unavailable"
                assert response.headers["retry-after"]
                await asyncio.to_thread(
                    until, lambda: httpx.get(ready, timeout=60).status_code == 503, "not ready"
                )
                assert httpx.get(f"{desk.base}/api/v1/health/live", timeout=60).status_code == 200
                assert hers.connected
                assert his.connected
            await asyncio.to_thread(
                until, lambda: httpx.get(ready, timeout=60).status_code == 200, "ready again"
            )
            # The outbox sends again what was refused.
            assert (await hers.say(conversation, "later", id="later"))["type"] == "ok"
            for client in (hers, his):
                view = await client.until_seq(stream, 3)
                bodies = [event["data"]["body"] for event in view.applied]
                assert bodies == ["before", "kept", "later"]


async def test_a_broken_connection_under_load_stores_everything_once(
    outage: tuple[str, Callable[[], Any]], postgres: str
) -> None:
    url, _ = outage
    name = urlsplit(url).path.lstrip("/")
    with ThreadServer(host_app(campfire_for(url, **QUICK))) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        conversation = visitor.begin("0")["id"]
        async with Client(desk.base, visitor) as client:
            stop = threading.Event()

            def cut() -> None:
                while not stop.wait(0.2):
                    statement = (
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        f"WHERE datname = '{name}'"
                    )
                    run_apart(execute(postgres, statement))

            cutter = threading.Thread(target=cut)
            cutter.start()
            try:
                for number in range(1, 61):
                    for _ in range(50):
                        reply = await client.say(conversation, f"{number}", id=f"m{number}")
                        if reply["type"] == "ok":
                            break
                        assert reply["final"] is False, reply
                        await asyncio.sleep(0.1)
                    else:
                        pytest.fail("never stored")
            finally:
                stop.set()
                cutter.join()
        until(lambda: visitor.http.get("/conversations").status_code == 200, "healed")
        bodies = [message["body"] for message in visitor.thread(conversation)]
        assert bodies == [f"{number}" for number in range(61)]


@pytest.mark.usefixtures("patient_storage")
async def test_sqlite_locked_by_somebody_else_for_a_while(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "campfire.db"
    path.write_bytes(sqlite_template.read_bytes())
    with ThreadServer(host_app(campfire_for(f"sqlite:///{path}", **QUICK))) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        conversation = visitor.begin("0")["id"]
        async with Client(desk.base, visitor) as client:
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(client.say(conversation, "patient", id="patient"))
            await asyncio.sleep(1)
            assert not waiting.done()
            # Reading goes on meanwhile.
            thread = await asyncio.to_thread(visitor.thread, conversation)
            assert len(thread) == 1
            other.execute("ROLLBACK")
            other.close()
            assert (await waiting)["type"] == "ok"


async def test_the_hosts_users_are_in_the_same_database() -> None:
    """Nobody can be told who they are while it is away; nothing is final, and all comes back."""
    database = PostgresServer()
    with database:

        async def users(connection: HTTPConnection) -> Agent | Visitor | None:
            session = await asyncpg.connect(database.url, timeout=60)
            try:
                await session.execute("SELECT 1")
            finally:
                await session.close()
            return await authenticate(connection)

        campfire = campfire_for(database.url, authenticate=users, **QUICK)
        with ThreadServer(host_app(campfire)) as server:
            desk = Desk(f"{server.url}/support")
            agent, user, visitor = desk.agent(), desk.session_visitor(), desk.visitor()
            conversation = visitor.begin()["id"]
            for person in (agent, user, visitor):
                assert person.get("/me")["id"]
            await asyncio.to_thread(database.stop)
            for person in (agent, user):
                answer = await asyncio.to_thread(person.http.get, "/me")
                assert answer.status_code == 503
                assert answer.json()["code"] == "host_unavailable"
                assert answer.headers["retry-after"]
            answer = await asyncio.to_thread(
                agent.http.get, f"{server.url}/support/console/", headers={"Accept": "text/html"}
            )
            assert answer.status_code in (503, 404)
            assert answer.headers["content-type"].startswith("text/html")
            # A socket is told to come back, and not that it may not.
            with pytest.raises(Closed) as caught:
                async with Client(desk.base, agent):
                    pytest.fail("it was let in")
            assert caught.value.code == 1013
            await asyncio.to_thread(database.start)
            until(lambda: agent.http.get("/conversations").status_code == 200, "healed")
            async with Client(desk.base, agent) as his:
                await his.subscribe(f"conversation:{conversation}")
