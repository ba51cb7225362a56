"""The command that builds the search index anew, and what the index does when it is told twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campfire_chat import Agent, Visitor, cli
from campfire_chat.access.actor import actor_of_visitor, system_actor
from campfire_chat.core import clock
from campfire_chat.database.statement import Query
from campfire_chat.features.search import finding, preparing, queries
from campfire_chat.features.search import service as service_module
from campfire_chat.features.search.documents import Document
from campfire_chat.features.search.errors import SearchTooBroadError
from campfire_chat.features.search.operations import Index
from campfire_chat.features.search.preparing import parts, prepare
from campfire_chat.features.search.service import SearchService
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import run
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

TIMEOUT = "statement_timeout"
ADA = agent_actor(Agent(id="ada", name="Ada"))
MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
STALE = (
    "INSERT INTO campfire_search_documents VALUES "
    "('default', 'msg_gone', 'message', 'conv_1', 77, 'x', 'kettle')"
)
APP = """
from campfire_chat import Campfire

campfire = Campfire({url!r}, secret_key="k" * 40, bus_url="memory://")
"""


async def texts(service: SearchService, q: str) -> list[str]:
    hits, _ = await service.page(ADA, q, kinds=frozenset(), sort="newest", place=None, limit=10)
    return [hit.text for hit in hits]


async def test_a_command_builds_it_anew(
    database_url: str,
    engine: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / f"desk_of_search_{engine}.py").write_text(APP.format(url=database_url))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    truth = Truth(database_url)
    try:
        opened, _ = await store.conversations.open(MIA, client_id="1", body="A green kettle")
        # Nobody reads the feed here.
        service = SearchService(store.storage, store.runtime_settings)
        assert await texts(service, "kettle") == []
        await run(database_url, [STALE])
        command = ("search", "rebuild", f"desk_of_search_{engine}:campfire")
        assert await asyncio.to_thread(cli.main, command) == 0
        assert "The search index is built." in capsys.readouterr().out
        assert await texts(service, "kettle") == ["A green kettle"]
        count = "SELECT document_id FROM campfire_search_documents ORDER BY 1"
        before = truth.query(count)
        assert len(before) == 2
        assert before[0][0] == opened.id
        # What the index has lost is there again, although no text has changed.
        lost = "UPDATE campfire_search_documents SET tokens = 'lost'"
        await run(database_url, [lost])
        assert await texts(service, "kettle") == []
        assert await asyncio.to_thread(cli.main, command) == 0
        assert await texts(service, "kettle") == ["A green kettle"]
        assert truth.query(count) == before
    finally:
        await store.stop()


async def test_telling_it_twice_changes_nothing(database_url: str) -> None:
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    truth = Truth(database_url)
    try:
        opened, _ = await store.conversations.open(MIA, client_id="1", body="A green kettle")
        ((message,), _) = await store.messages.page(MIA, opened.id, None, 10)
        rows = "SELECT document_id, number, digest FROM campfire_search_documents ORDER BY 1"
        found = []
        for _ in range(2):
            index = Index(system_actor("default"), [message.id, "msg_gone"], [opened.id])
            await store.storage.submit(index)
            found.append(truth.query(rows))
        assert found[0] == found[1]
        assert [row[0] for row in found[0]] == [opened.id, message.id]
        await store.messages.edit(MIA, message.id, "A red teapot")
        await store.storage.submit(Index(system_actor("default"), [message.id], []))
        # It says something else under the number that it had.
        after = truth.query(rows)
        assert after[1][:2] == found[0][1][:2]
        assert after[1][2] != found[0][1][2]
        service = SearchService(store.storage, store.runtime_settings)
        assert await texts(service, "teapot") == ["A red teapot"]
        assert await texts(service, "kettle") == []
        await store.messages.delete(MIA, message.id)
        await store.storage.submit(Index(system_actor("default"), [message.id], []))
        assert [row[0] for row in truth.query(rows)] == [opened.id]
    finally:
        await store.stop()


async def test_the_costliest_messages_hold_nothing_up(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of the feed full of them is indexed in several transactions, inside of which no text
    is taken apart. What changes between is indexed as it is by then."""
    monkeypatch.setattr(preparing, "MOST_WRITTEN", 20_000)
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        chinese = "".join(map(chr, range(0x4E00, 0x4E00 + 9_000)))
        bodies = [chinese, "\ufdfa" * 9_000, "a" + "\u0301" * 8_000 + "\u0323" * 900]
        opened, _ = await store.conversations.open(MIA, client_id="0", body="A green kettle")
        for number, body in enumerate(bodies):
            await store.messages.send(
                MIA, opened.id, client_id=f"b{number}", body=f"b{number} {body}"
            )
        (messages, _) = await store.messages.page(MIA, opened.id, None, 20)
        ids = [message.id for message in messages]
        ready = await prepare(store.storage, "default", ids, [opened.id])
        assert ready.keys() == {*ids, opened.id}
        cut = list(parts([*ids, opened.id], ready))
        assert len(cut) > 1
        assert [item for part in cut for item in part] == [*ids, opened.id]
        kettle = next(message for message in messages if message.body == "A green kettle")
        await store.messages.edit(MIA, kettle.id, "A red teapot")
        taken_apart: list[str] = []

        def noted(organization: str, source: queries.Source) -> Document:
            taken_apart.append(source.id)
            return document_of(organization, source)

        document_of = queries.document_of
        monkeypatch.setattr(queries, "document_of", noted)
        for part in cut:
            index = Index(
                system_actor("default"),
                [item for item in part if item != opened.id],
                [item for item in part if item == opened.id],
                ready=ready,
            )
            await store.storage.submit(index)
        # Only this one has changed.
        assert taken_apart == [kettle.id]
        service = SearchService(store.storage, store.runtime_settings)
        assert await texts(service, "teapot") == ["A red teapot"]
        assert await texts(service, "kettle") == []
        for number in range(len(bodies)):
            assert len(await texts(service, f"b{number} ")) == 1
        assert len(await texts(service, chinese[100:110])) == 1
        # Behind the last word that is indexed.
        assert await texts(service, chinese[8_000:8_010]) == []
    finally:
        await store.stop()


async def test_a_search_that_takes_too_long_is_too_broad(
    postgres_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection stays as it was, and the next search is answered. SQLite has no such limit."""
    store = Store(
        postgres_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now
    )
    await store.start()
    try:
        service = SearchService(store.storage, store.runtime_settings)
        slow = Query(lambda _: select(func.pg_sleep(30)))
        with monkeypatch.context() as patch:
            patch.setattr(service_module, "MOST_TIME", 50)
            patch.setattr(finding, "found_query", lambda *_: slow)
            with pytest.raises(SearchTooBroadError) as refused:
                await texts(service, "kettle")
        assert (refused.value.code, refused.value.status) == ("search_too_broad", 422)
        assert await texts(service, "kettle") == []
        timeouts = await store.storage.read(
            lambda session: session.fetch(Query(lambda _: select(func.current_setting(TIMEOUT))))
        )
        assert [row[0] for row in timeouts] == ["0"]
    finally:
        await store.stop()
