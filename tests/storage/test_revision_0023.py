"""A database of revision 0022 keeps its conversations. None of them goes on in another one."""

from __future__ import annotations

import pytest

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.features.conversations import queries
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio


async def test_conversations_stay(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    rows = [
        CONTACT.format(no=no),
        SNOOZED.format(org="default", id="conv_a", status="snoozed", until="4000000000000000"),
    ]
    await run(empty_database_url, [*schema.migrations().render(engine, None, "0016"), *rows])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        ada = agent_actor(Agent(id="ada", name="Ada"))
        found = await store.storage.read(lambda session: queries.get(session, ada, "conv_a"))
    finally:
        await store.stop()
    assert (found.id, found.continues_id, found.continued_in_id) == ("conv_a", None, None)
