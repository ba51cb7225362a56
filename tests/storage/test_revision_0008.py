"""A database of revision 0007 keeps every conversation, and all agents see it."""

from __future__ import annotations

import pytest

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.features.conversations import queries
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

CONTACT = """
    INSERT INTO campfire_contacts (org_id, contact_id, verified, created_at)
    VALUES ('default', 'vis_1', {no}, 1)
"""


async def test_conversations_have_no_labels(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    row = SNOOZED.format(org="default", id="conv_a", status="open", until="NULL")
    before = schema.migrations().render(engine, None, "0007")
    await run(empty_database_url, [*before, CONTACT.format(no=no), row])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        ada = agent_actor(Agent(id="ada", name="Ada"))
        found = await store.storage.read(lambda session: queries.get(session, ada, "conv_a"))
    finally:
        await store.stop()
    assert found.access_labels == frozenset()
    assert (found.id, found.status.value, found.last_at) == ("conv_a", "open", 2)
