"""PostgreSQL is killed, restarted, becomes read-only, and another server takes over."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec import UNSET

from campfire_chat.access.records import Agent
from campfire_chat.database.postgresql import PostgreSQLEngine
from campfire_chat.features.conversations.rules import Patch
from tests.support.engines import EngineMissing, create_postgres_database
from tests.support.host import agent_actor
from tests.support.postgres import PostgresServer, execute, run_apart
from tests.support.talk import VISITOR, Talk, check, store_on, until
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def primary() -> Iterator[PostgresServer]:
    """A server that this module may do anything to."""
    try:
        server = PostgresServer()
    except EngineMissing as missing:
        pytest.skip(f"PostgreSQL: {missing}")
    with server:
        yield server


async def test_backends_and_the_whole_server_are_killed(primary: PostgresServer) -> None:
    url = create_postgres_database(primary.url)
    truth = Truth(url)
    async with store_on(url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        killed = 0
        async with Talk(store, opened.id) as talk:
            for _ in range(5):
                await talk.goes_on()
                # One backend that is killed takes the others down with it, for recovery.
                ((pid,),) = await asyncio.to_thread(
                    truth.query,
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                    "AND query LIKE '%COMMIT%' AND pid <> pg_backend_pid() LIMIT 1",
                ) or [(None,)]
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
                await talk.goes_on()
            assert killed
            for _ in range(2):
                await asyncio.to_thread(primary.kill)
                await asyncio.to_thread(primary.start)
                await talk.goes_on()
        assert store.storage.healthy
    check(talk, url)


async def test_twenty_terminated_backends(primary: PostgresServer) -> None:
    url = create_postgres_database(primary.url)
    name = urlsplit(url).path.lstrip("/")
    async with store_on(url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        async with Talk(store, opened.id) as talk:
            for _ in range(20):
                await talk.goes_on(20)
                await asyncio.to_thread(
                    run_apart,
                    execute(
                        primary.url,
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        f"WHERE datname = '{name}'",
                    ),
                )
            await talk.goes_on()
    check(talk, url)


async def test_a_table_that_is_altered_meanwhile(primary: PostgresServer) -> None:
    """The server refuses a statement that was prepared for columns of another type."""
    url = create_postgres_database(primary.url)
    ada = agent_actor(Agent(id="ada", name="Ada"))
    async with store_on(url) as store:
        await store.agents.remember(ada)
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        for number, kind in enumerate(["text", "varchar", "text"]):
            alter = f"ALTER TABLE campfire_conversations ALTER COLUMN subject TYPE {kind}"
            patch = Patch(subject=f"{number}")
            await store.conversations.change(ada, opened.id, patch, UNSET)
            await asyncio.to_thread(run_apart, execute(url, alter))
            patch = Patch(subject=f"{number} again")
            changed = await store.conversations.change(ada, opened.id, patch, UNSET)
            assert changed.subject == f"{number} again"


async def test_a_server_that_becomes_read_only(primary: PostgresServer) -> None:
    url = create_postgres_database(primary.url)

    async def read_only(value: str) -> None:
        statement = f"ALTER SYSTEM SET default_transaction_read_only = {value}"
        if value == "off":
            # A session that is read-only itself may still say this.
            statement = "ALTER SYSTEM RESET default_transaction_read_only"
        await asyncio.to_thread(
            run_apart, execute(primary.url, statement, "SELECT pg_reload_conf()")
        )

    async with store_on(url) as store:
        opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
        async with Talk(store, opened.id) as talk:
            await talk.goes_on()
            await read_only("on")
            try:
                # Not ready for traffic, although it can be connected to; reading goes on.
                await until(lambda: not store.storage.healthy)
                await until(lambda: talk.refusals)
                assert (await store.conversations.get(VISITOR, opened.id)).id == opened.id
            finally:
                await read_only("off")
            await talk.goes_on()
        assert store.storage.healthy
    check(talk, url)


async def test_a_standby_takes_over(primary: PostgresServer) -> None:
    """Nothing acknowledged is lost where the primary waits for its standby."""
    old = await asyncio.to_thread(lambda: PostgresServer().start())
    try:
        url = create_postgres_database(old.url)
        name = urlsplit(url).path.lstrip("/")
        with await asyncio.to_thread(lambda: PostgresServer(follows=old)) as new:
            await asyncio.to_thread(
                run_apart,
                execute(
                    old.url,
                    "ALTER SYSTEM SET synchronous_standby_names = '*'",
                    "SELECT pg_reload_conf()",
                ),
            )
            # The standby first: whoever stops at the first host that answers ends up there.
            both = f"postgresql://postgres@{new.address},{old.address}/{name}"
            async with store_on(both) as store:
                opened, _ = await store.conversations.open(VISITOR, client_id="0", body="0")
                async with Talk(store, opened.id) as talk:
                    await talk.goes_on()
                    await asyncio.to_thread(old.kill)
                    await asyncio.sleep(0.3)
                    await asyncio.to_thread(new.promote)
                    await talk.goes_on()
                assert store.storage.healthy
                assert (await store.conversations.get(VISITOR, opened.id)).id == opened.id
            check(talk, f"postgresql://postgres@{new.address}/{name}")
    finally:
        await asyncio.to_thread(old.close)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u:p%40@one:1,two/n?sslmode=require", ["u:p%40@one:1", "u:p%40@two"]),
        ("postgresql+asyncpg://u@[::1]:5,two:6/n", ["u@[::1]:5", "u@two:6"]),
        ("postgres://one/n", ["one"]),
    ],
)
def test_hosts_are_tried_one_by_one(url: str, hosts: list[str]) -> None:
    routes = PostgreSQLEngine().routes(url, writable=True)
    found = [urlsplit(route.options["dsn"]) for route in routes]
    assert [(dsn.scheme, dsn.netloc, dsn.path) for dsn in found] == [
        ("postgresql", host, "/n") for host in hosts
    ]
    assert {dsn.query for dsn in found} == {urlsplit(url).query}


def test_hosts_may_stand_in_the_query() -> None:
    url = "postgresql:///n?host=one,/run/two&port=1,2&sslmode=disable"
    routes = PostgreSQLEngine().routes(url, writable=False)
    queries = [dict(parse_qsl(urlsplit(route.options["dsn"]).query)) for route in routes]
    assert queries == [
        {"host": "one", "port": "1", "sslmode": "disable"},
        {"host": "/run/two", "port": "2", "sslmode": "disable"},
    ]
    assert {route.options["target_session_attrs"] for route in routes} == {"primary"}
