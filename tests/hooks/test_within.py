"""Conversations that the host begins inside its own transaction."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiosqlite
import asyncpg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from campfire_chat import Campfire, CampfireError, ConfigurationError, Visitor
from campfire_chat.core.errors import NotFoundError
from tests.support import host
from tests.support.host import campfire_for
from tests.support.servers import ROOT
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

MIA = Visitor(id="mia", name="Mia")


@pytest.fixture
async def campfire(database_url: str) -> AsyncIterator[Campfire]:
    campfire = campfire_for(database_url, drain_on_signal=False)
    async with campfire.lifespan():
        yield campfire


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


@asynccontextmanager
async def plain_sqlite(url: str) -> AsyncIterator[Any]:
    connection = sqlite3.connect(path_of(url), timeout=120)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


@asynccontextmanager
async def async_sqlite(url: str) -> AsyncIterator[Any]:
    async with aiosqlite.connect(path_of(url), timeout=120) as connection:
        yield connection
        await connection.commit()


@asynccontextmanager
async def asyncpg_connection(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


def async_engine(url: str) -> Any:
    kind = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
    scheme, _, rest = url.partition("://")
    return create_async_engine(f"{kind[scheme]}://{rest}")


@asynccontextmanager
async def alchemy_connection(url: str) -> AsyncIterator[Any]:
    engine = async_engine(url)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


@asynccontextmanager
async def alchemy_session(url: str) -> AsyncIterator[Any]:
    engine = async_engine(url)
    try:
        async with AsyncSession(engine) as session, session.begin():
            yield session
    finally:
        await engine.dispose()


@asynccontextmanager
async def alchemy_sync(url: str) -> AsyncIterator[Any]:
    engine = sqlalchemy.create_engine(url)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


Connect = Callable[[str], AbstractAsyncContextManager[Any]]

CONNECTIONS: dict[str, list[Connect]] = {
    "sqlite": [plain_sqlite, async_sqlite, alchemy_sync, alchemy_connection, alchemy_session],
    "postgresql": [asyncpg_connection, alchemy_connection, alchemy_session],
}


class RolledBack(Exception):
    pass


async def found(campfire: Campfire, about: str) -> Any:
    try:
        return await campfire.as_system().conversations.get(about)
    except NotFoundError:
        return None


async def until_found(campfire: Campfire, about: str) -> Any:
    async with asyncio.timeout(120):
        while (conversation := await found(campfire, about)) is None:
            await asyncio.sleep(0.02)
    return conversation


async def test_it_happens_with_the_hosts_commit(campfire: Campfire, database_url: str) -> None:
    system = campfire.as_system()
    # Stored now: with SQLite, nothing is while the host's transaction is open.
    await system.me()
    for number, connect in enumerate(CONNECTIONS[database_url.partition(":")[0]], 1):
        lost = ""
        with contextlib.suppress(RolledBack):
            async with connect(database_url) as connection:
                lost = await campfire.within(connection).open_conversation(MIA, "lost")
                raise RolledBack
        async with connect(database_url) as connection:
            about = await campfire.within(connection).open_conversation(
                MIA, "My kettle leaks.", subject="Order 1007"
            )
            assert await found(campfire, about) is None
        conversation = await until_found(campfire, about)
        assert conversation.id == about
        assert (conversation.subject, conversation.contact.name) == ("Order 1007", "Mia")
        assert conversation.last_message.text == "My kettle leaks."
        assert lost
        assert await found(campfire, lost) is None
        assert (await system.conversations.counts()).all.open == number


async def bodies_of(campfire: Campfire, about: str, count: int) -> list[Any]:
    """The messages of a conversation, oldest first, once there are so many."""
    async with asyncio.timeout(120):
        while True:
            with contextlib.suppress(NotFoundError):
                found = await campfire.as_system().messages.list(about)
                if len(found.items) >= count:
                    return sorted(found.items, key=lambda message: message.at)
            await asyncio.sleep(0.02)


async def test_messages_go_with_the_hosts_commit(campfire: Campfire, database_url: str) -> None:
    connect = plain_sqlite if database_url.startswith("sqlite") else asyncpg_connection
    begun = await campfire.as_visitor(MIA).conversations.open("Where is my kettle?")
    with contextlib.suppress(RolledBack):
        async with connect(database_url) as connection:
            await campfire.within(connection).send_message(begun.id, "lost")
            raise RolledBack
    async with connect(database_url) as connection:
        within = campfire.within(connection)
        sent = [
            await within.send_message(begun.id, "It is on its way."),
            await within.send_message(begun.id, "Thank you!", visitor="mia"),
            await within.write_note(begun.id, "Sent with the second post."),
            # A conversation of the same transaction.
            await within.write_note(await within.open_conversation(MIA, "Another one"), "Again"),
        ]
    _, *found = await bodies_of(campfire, begun.id, 4)
    assert {message.id for message in found} == set(sent[:3])
    by_id = {message.id: message for message in found}
    assert [
        (by_id[message].sender.kind.value, by_id[message].visibility.value, by_id[message].body)
        for message in sent[:3]
    ] == [
        ("system", "public", "It is on its way."),
        ("visitor", "public", "Thank you!"),
        ("system", "internal", "Sent with the second post."),
    ]
    async with asyncio.timeout(120):
        while len(listed := (await campfire.as_system().conversations.list()).items) < 2:
            await asyncio.sleep(0.02)
    (other,) = [conversation.id for conversation in listed if conversation.id != begun.id]
    assert [message.id for message in await bodies_of(campfire, other, 2)][1] == sent[3]


async def test_another_ones_conversation_gets_no_message(
    campfire: Campfire, database_url: str
) -> None:
    connect = plain_sqlite if database_url.startswith("sqlite") else asyncpg_connection
    begun = await campfire.as_visitor(MIA).conversations.open("Where is my kettle?")
    async with connect(database_url) as connection:
        within = campfire.within(connection)
        await within.send_message(begun.id, "I read it all", visitor=Visitor(id="eve"))
        await within.send_message(begun.id, "Hello?", organization="other")
    truth = Truth(database_url)
    query = (
        "SELECT kind FROM campfire_jobs WHERE attempts > 0 AND error LIKE '%no such conversation%'"
    )
    async with asyncio.timeout(120):
        while len(truth.query(query)) < 2:
            await asyncio.sleep(0.02)
    assert len(await bodies_of(campfire, begun.id, 1)) == 1


async def test_mistakes_are_told_at_the_call(
    campfire: Campfire, database_url: str, empty_database_url: str, tmp_path: Any
) -> None:
    connect = plain_sqlite if database_url.startswith("sqlite") else asyncpg_connection
    with pytest.raises(ConfigurationError, match="not str"):
        campfire.within("sqlite:///support.db")
    stranger = sqlite3.connect(tmp_path / "other.db")
    with pytest.raises(ConfigurationError, match="database that campfire-chat uses itself"):
        await campfire.within(stranger).open_conversation(MIA, "Hello?")
    stranger.close()
    async with connect(empty_database_url) as connection:
        with pytest.raises(ConfigurationError, match="database that campfire-chat uses itself"):
            await campfire.within(connection).open_conversation(MIA, "Hello?")
        # The host's transaction is as good as before.
        probe = connection.execute("SELECT 1")
        if not isinstance(probe, sqlite3.Cursor):
            await probe
    async with connect(database_url) as connection:
        within = campfire.within(connection)
        for ask in (
            within.open_conversation(MIA, " "),
            within.open_conversation(MIA, "Hello?", subject="a\nb"),
            within.send_message("conv_1", " "),
            within.write_note("conv_1", ""),
        ):
            with pytest.raises(CampfireError) as refused:
                await ask
            assert refused.value.status == 422
        with pytest.raises(ConfigurationError, match="printable"):
            await within.open_conversation(Visitor(id=""), "Hello?")
    if connect is plain_sqlite:
        alone: Any = sqlite3.connect(path_of(database_url), isolation_level=None)
    else:
        alone = await asyncpg.connect(database_url)
    with pytest.raises(ConfigurationError, match="needs a transaction"):
        campfire.within(alone)
    closing = alone.close()
    if closing is not None:
        await closing
    assert (await campfire.as_system().conversations.counts()).all.open == 0


async def test_what_is_looked_at_before_is_looked_at_here_too(database_url: str) -> None:
    campfire = campfire_for(database_url, drain_on_signal=False)
    campfire.before("message.send")(lambda message: message.body.replace("4111", "****"))
    connect = plain_sqlite if database_url.startswith("sqlite") else asyncpg_connection
    async with campfire.lifespan():
        async with connect(database_url) as connection:
            about = await campfire.within(connection).open_conversation(MIA, "It is 4111.")
        assert (await until_found(campfire, about)).last_message.text == "It is ****."


async def test_committed_and_killed_right_after_it_happens_once(database_url: str) -> None:
    rounds, each = 4, 9
    # The tables have to be there before several processes look at them.
    async with campfire_for(database_url, work="elsewhere", drain_on_signal=False).lifespan():
        pass
    committed: list[str] = []
    for number in range(rounds):
        process = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "tests.hooks.within_app", str(number * each), str(each)],
            cwd=ROOT,
            env={**os.environ, host.DATABASE_URL: database_url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert process.returncode == -9, process.stderr.decode()
        committed += process.stdout.decode().split()
    assert len(committed) == rounds * each * 2 // 3
    campfire = campfire_for(database_url, drain_on_signal=False, poll_interval=0.1)
    async with campfire.lifespan():
        for about in committed:
            await until_found(campfire, about)
        truth = Truth(database_url)
        async with asyncio.timeout(120):
            query = "SELECT job_id FROM campfire_jobs WHERE kind = 'conversation.open'"
            while truth.query(query):
                await asyncio.sleep(0.05)
    stored = [
        tuple(row)
        for row in truth.query(
            "SELECT conversation_id, body FROM campfire_messages ORDER BY conversation_id"
        )
    ]
    assert sorted(about for about, _ in stored) == sorted(committed)
    assert all(body.startswith("kept") for _, body in stored)
    conversations = truth.query("SELECT conversation_id FROM campfire_conversations")
    assert len(conversations) == len(committed)
