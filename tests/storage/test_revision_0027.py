"""A database of the revision before keeps its contacts, which can have attributes then."""

from __future__ import annotations

import pytest

from campfire_chat import Agent, Attribute, Role, Visitor
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.database.migrations.versions import r0027_contact_attributes
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

BOSS = agent_actor(Agent(id="boss", name="Bo", role=Role.ADMIN))


async def test_contacts_get_attributes(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    before = schema.migrations().render(engine, None, r0027_contact_attributes.down_revision)
    await run(empty_database_url, [*before, CONTACT.format(no=no)])
    settings = Settings(contact_attributes=(Attribute(key="city"),))
    store = Store(empty_database_url, settings=settings, on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        found = await store.contacts.get(BOSS, "vis_1")
        assert found.attributes == {}
        await store.contacts.edit(BOSS, "vis_1", {"city": "Graz"})
        assert (await store.contacts.get(BOSS, "vis_1")).attributes == {"city": "Graz"}
        await store.contacts.put(BOSS, Visitor(id="mia"), {"city": "Wien"})
        spans = await store.contacts.spans(BOSS, {"city": "graz"})
        assert [(one.attribute, one.first) for one in spans] == [("city", "graz")]
    finally:
        await store.stop()
