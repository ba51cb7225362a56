"""A database of revision 0013 keeps its rows, whose conversations belong to no team."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.features.conversations import queries
from campfire_chat.features.conversations.records import AgentConversation
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.teams.operations import Draft
from campfire_chat.features.teams.records import TeamName
from campfire_chat.features.teams.service import TeamService
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio


async def test_teams_are_added(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    row = SNOOZED.format(org="default", id="conv_a", status="open", until="NULL")
    before = schema.migrations().render(engine, None, "0013")
    await run(empty_database_url, [*before, CONTACT.format(no=no), row])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        ada = agent_actor(Agent(id="ada", name="Ada"))
        found = await store.storage.read(lambda session: queries.get(session, ada, "conv_a"))
        assert found.team is None
        boss = agent_actor(Agent(id="boss", name="Bo", role="admin"))
        made = await TeamService(store.storage).create(
            boss, Draft(name="Billing", description="", members=[])
        )
        view = await store.conversations.change(ada, "conv_a", Patch(), UNSET, team_id=made.id)
        assert isinstance(view, AgentConversation)
        assert view.team == TeamName(id=made.id, name="Billing")
    finally:
        await store.stop()
    assert found.status.value == "open"
