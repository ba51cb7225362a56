"""A database of revision 0018 keeps its rows and can store drafts."""

from __future__ import annotations

import pytest

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.features.conversations import queries
from campfire_chat.features.drafts.records import DraftText
from campfire_chat.features.drafts.service import DraftService
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio


async def test_drafts_are_added(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    row = SNOOZED.format(org="default", id="conv_a", status="open", until="NULL")
    before = schema.migrations().render(engine, None, "0015")
    await run(empty_database_url, [*before, CONTACT.format(no=no), row])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        ada = agent_actor(Agent(id="ada", name="Ada"))
        found = await store.storage.read(lambda session: queries.get(session, ada, "conv_a"))
        service = DraftService(store.storage, Settings())
        made = await service.save(ada, "conv_a", DraftText(reply="Hello"), None)
        assert await service.get(ada, "conv_a") == made
    finally:
        await store.stop()
    assert found.status.value == "open"
