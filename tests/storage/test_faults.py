"""Bad days of the storage: a full disk, a listener that fails, a table in the way."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from campfire_chat.access.actor import actor_of_visitor, anonymous
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.core import clock
from campfire_chat.core.errors import (
    ClientIdConflictError,
    ConfigurationError,
    StorageUnavailableError,
)
from campfire_chat.database.errors import MigrationError
from campfire_chat.database.lanes import Session
from campfire_chat.settings import Settings
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store

pytestmark = pytest.mark.anyio

VISITOR = anonymous("default")


async def _limit_pages(store: Store, more: int) -> None:
    """Let the database grow by a few pages only: what a full disk looks like to SQLite."""

    async def limit(session: Session) -> None:
        (count,) = (await session.raw.execute_fetchall("PRAGMA page_count"))[0]
        await session.raw.execute_fetchall(f"PRAGMA max_page_count = {count + more}")

    await store.storage.writer.run(limit)


async def test_a_full_disk_leaves_no_gap_and_heals(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "full.db"
    settings = Settings()
    store = Store(f"sqlite:///{path}", settings=settings, on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        conversation, _ = await store.conversations.open(VISITOR, client_id="first", body="Hello")
        await _limit_pages(store, 3)
        stored = 0
        while "disk is full" not in caplog.text:
            assert stored < 20, "the disk was never full"
            # Refused, or done again over a new connection; either is right, a gap would not be.
            with contextlib.suppress(StorageUnavailableError):
                await store.messages.send(
                    VISITOR, conversation.id, client_id=f"m{stored}", body="y" * 9_000
                )
            stored += 1
        # The connection was replaced, and with it the limit: the disk has been freed.
        sent = await store.messages.send(
            VISITOR, conversation.id, client_id="after", body="Still here"
        )
        assert not sent.duplicate
    finally:
        await store.stop()
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "SELECT s.stream, s.head, count(e.seq), max(e.seq) FROM campfire_streams s"
            " LEFT JOIN campfire_events e ON e.org_id = s.org_id AND e.stream = s.stream"
            " GROUP BY s.stream, s.head"
        ).fetchall()
    database.close()
    for stream, head, count, last in rows:
        assert (head, head) == (count, last or 0), stream


async def test_a_listener_that_fails_does_not_stop_the_ledger(database_url: str) -> None:
    heard: list[int] = []

    def listen(committed: Any, *_: Any) -> None:
        heard.append(len(committed))
        raise RuntimeError("a listener failed")

    store = Store(database_url, settings=Settings(), on_commit=listen, now=clock.now)
    await store.start()
    try:
        async with asyncio.timeout(60):
            opened, _ = await store.conversations.open(VISITOR, client_id="a", body="One")
            await store.messages.send(VISITOR, opened.id, client_id="b", body="Two")
        assert len(heard) == 2
        assert store.storage.healthy
    finally:
        await store.stop()


async def test_a_client_id_is_not_reused_for_another_contact(database_url: str) -> None:
    agent = agent_actor(Agent(id="ada", name="Ada"))
    campfire = campfire_for(database_url, drain_on_signal=False)
    async with campfire.lifespan():
        store = Store.of(campfire)
        people = [actor_of_visitor(Visitor(id=name)) for name in ("mia", "leo")]
        for actor in people:
            await store.conversations.open(actor, client_id="hello", body="Hello")
        mia, leo = (actor.principal.id for actor in people)
        first, _ = await store.conversations.open(
            agent, client_id="offer", body="An offer", contact_id=mia
        )
        again, duplicate = await store.conversations.open(
            agent, client_id="offer", body="An offer", contact_id=mia
        )
        assert duplicate
        assert again.id == first.id
        with pytest.raises(ClientIdConflictError):
            await store.conversations.open(
                agent, client_id="offer", body="An offer", contact_id=leo
            )


async def test_a_table_in_the_way_is_named(tmp_path: Path) -> None:
    path = tmp_path / "taken.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE campfire_agents (something TEXT)")
    database.close()
    store = Store(
        f"sqlite:///{path}", settings=Settings(), on_commit=lambda *_: None, now=clock.now
    )
    with pytest.raises(MigrationError, match="campfire_agents already exists"):
        await store.start()


def test_what_the_host_says_of_its_users_is_made_storable() -> None:
    actor = actor_of_visitor(Visitor(id="mia", name="Mi\x00a\ud800", email=" \x00 "))
    assert actor.principal.name == "Mia"
    assert actor.principal.email is None
    with pytest.raises(ConfigurationError, match="use str"):
        agent_actor(Agent(id=7, name="Ada"))  # type: ignore[arg-type]
