"""Bad days of the storage: a full disk, a listener that fails, a table in the way."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from campfire_chat import clock
from campfire_chat.domain.principal import anonymous, scope_of_visitor
from campfire_chat.errors import (
    ClientIdConflictError,
    ConfigurationError,
    MigrationError,
    StorageUnavailableError,
)
from campfire_chat.models import Agent, Visitor
from campfire_chat.settings import Settings
from campfire_chat.storage.lanes import Session
from campfire_chat.storage.store import Store
from tests.support.host import agent_scope, campfire_for

pytestmark = pytest.mark.anyio

VISITOR = anonymous("default")


async def _limit_pages(store: Store, more: int) -> None:
    """Let the database grow by a few pages only: what a full disk looks like to SQLite."""

    async def limit(session: Session) -> None:
        (count,) = (await session.raw.execute_fetchall("PRAGMA page_count"))[0]
        await session.raw.execute_fetchall(f"PRAGMA max_page_count = {count + more}")

    await store._writer.run(limit)


async def test_a_full_disk_leaves_no_gap_and_heals(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "full.db"
    settings = Settings()
    store = Store(f"sqlite:///{path}", settings=settings, on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        conversation, _ = await store.open_conversation(VISITOR, client_id="first", body="Hello")
        await _limit_pages(store, 3)
        stored = 0
        while "disk is full" not in caplog.text:
            assert stored < 20, "the disk was never full"
            # Refused, or done again over a new connection; either is right, a gap would not be.
            with contextlib.suppress(StorageUnavailableError):
                await store.send(VISITOR, conversation.id, client_id=f"m{stored}", body="y" * 9_000)
            stored += 1
        # The connection was replaced, and with it the limit: the disk has been freed.
        sent = await store.send(VISITOR, conversation.id, client_id="after", body="Still here")
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
        async with asyncio.timeout(5):
            opened, _ = await store.open_conversation(VISITOR, client_id="a", body="One")
            await store.send(VISITOR, opened.id, client_id="b", body="Two")
        assert len(heard) == 2
        assert store.healthy
    finally:
        await store.stop()


async def test_a_client_id_is_not_reused_for_another_contact(database_url: str) -> None:
    agent = agent_scope(Agent(id="ada", name="Ada"))
    campfire = campfire_for(database_url, drain_on_signal=False)
    async with campfire.lifespan():
        store = campfire.store
        people = [scope_of_visitor(Visitor(id=name)) for name in ("mia", "leo")]
        for scope in people:
            await store.open_conversation(scope, client_id="hello", body="Hello")
        mia, leo = (scope.principal.id for scope in people)
        first, _ = await store.open_conversation(
            agent, client_id="offer", body="An offer", contact_id=mia
        )
        again, duplicate = await store.open_conversation(
            agent, client_id="offer", body="An offer", contact_id=mia
        )
        assert duplicate
        assert again.id == first.id
        with pytest.raises(ClientIdConflictError):
            await store.open_conversation(agent, client_id="offer", body="An offer", contact_id=leo)


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
    scope = scope_of_visitor(Visitor(id="mia", name="Mi\x00a\ud800", email=" \x00 "))
    assert scope.principal.name == "Mia"
    assert scope.principal.email is None
    with pytest.raises(ConfigurationError, match="use str"):
        agent_scope(Agent(id=7, name="Ada"))  # type: ignore[arg-type]
