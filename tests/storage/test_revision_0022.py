"""A database of the revision before keeps its rows, and a job makes the search find them."""

from __future__ import annotations

import msgspec
import pytest

from campfire_chat import Agent
from campfire_chat.access.actor import system_actor
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.migrations.versions import r0022_search
from campfire_chat.features.search import rebuilding, rules
from campfire_chat.features.search.rebuilding import Rebuild, Rebuilder
from campfire_chat.features.search.service import SearchService
from campfire_chat.jobs.job import Job
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada"))
MESSAGE = (
    "INSERT INTO campfire_messages (org_id, conversation_id, visibility, seq, message_id, "
    "client_key, at, sender_kind, sender_id, kind, body) VALUES ('default', 'conv_{n}', 'public', "
    "1, 'msg_{n}', 'c{n}', 10, 'visitor', 'vis_1', 'text', 'Kettle number {n}')"
)
STALE = (
    "INSERT INTO campfire_search_documents VALUES "
    "('default', 'msg_gone', 'message', 'conv_1', 77, 'x', '{tokens}')"
)


async def test_what_was_there_is_found(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "STEP", 2)
    # Two conversations and two messages begin in the same microsecond.
    monkeypatch.setattr(rules, "PER_MICROSECOND", 1)
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    rows = [CONTACT.format(no=no)]
    for n in range(1, 6):
        rows.append(SNOOZED.format(org="default", id=f"conv_{n}", status="open", until="NULL"))
        rows.append(MESSAGE.format(n=n))
    before = schema.migrations().render(engine, None, r0022_search.down_revision)
    await run(empty_database_url, [*before, *rows])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    truth = Truth(empty_database_url)
    try:
        assert len(truth.query("SELECT * FROM campfire_messages")) == 5
        # Of something that is gone, as after a crash in the middle of an erasure.
        await run(empty_database_url, [STALE.format(tokens="kettle")])
        [(organization, kind, arguments)] = truth.query(
            "SELECT org_id, kind, arguments FROM campfire_jobs WHERE kind LIKE 'search%'"
        )
        assert (organization, kind) == ("default", rebuilding.REBUILD.name)
        rebuilder = Rebuilder(store.storage)
        steps = 0
        while True:
            actor = system_actor(organization)
            about = msgspec.json.decode(arguments, type=Rebuild)
            job = Job("job_1", organization, about, 1, actor)
            operation = await rebuilder.step(job)
            await store.storage.submit(operation)
            steps += 1
            if operation.following is None:
                break
            arguments = rebuilding.REBUILD.encode(operation.following)
        assert steps > 6
        service = SearchService(store.storage, store.runtime_settings)
        hits, _ = await service.page(
            ADA, "kettle", kinds=frozenset(), sort="newest", place=None, limit=10
        )
        assert {hit.text for hit in hits} == {f"Kettle number {n}" for n in range(1, 6)}
        found = truth.query("SELECT kind, document_id FROM campfire_search_documents")
        assert len(found) == 10
    finally:
        await store.stop()
