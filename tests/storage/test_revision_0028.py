"""A database of the revision before keeps its contacts, of whom none is blocked."""

from __future__ import annotations

import pytest

from campfire_chat import Agent, Role
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.migrations.versions import r0028_blocked_contacts
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

BOSS = agent_actor(Agent(id="boss", name="Bo", role=Role.ADMIN))


async def test_contacts_can_be_blocked(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    before = schema.migrations().render(engine, None, r0028_blocked_contacts.down_revision)
    await run(empty_database_url, [*before, CONTACT.format(no=no)])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        assert (await store.contacts.get(BOSS, "vis_1")).blocked is False
        assert (await store.contacts.block(BOSS, "vis_1", blocked=True)).blocked is True
        assert (await store.contacts.get(BOSS, "vis_1")).blocked is True
    finally:
        await store.stop()
