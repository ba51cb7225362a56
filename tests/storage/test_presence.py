"""Whose last beat counts: one from about now, whoever asks."""

from __future__ import annotations

import pytest

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Agent, Availability, Participant, SenderKind, Visitor
from campfire_chat.core.clock import SECOND
from campfire_chat.features.conversations.records import AgentConversation, VisitorConversation
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.presence.operations import Beat
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000 * SECOND
LIFE = int(Settings().presence_life) * SECOND
ADA = agent_actor(Agent(id="ada", name="Ada"))
MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))


@pytest.mark.parametrize(
    ("ahead", "counts"),
    [
        *((-LIFE - 1, False), (-LIFE, True), (0, True), (LIFE, True)),
        # The clock was set back since then.
        *((LIFE + 1, False), (365 * 24 * 3600 * SECOND, False)),
    ],
)
async def test_a_beat_counts_within_its_life(database_url: str, ahead: int, counts: bool) -> None:
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=lambda: NOW)
    await store.start()
    try:
        await store.agents.remember(ADA)
        opened, _ = await store.conversations.open(MIA, client_id="1", body="Hello")
        await store.conversations.change(ADA, opened.id, Patch(), "ada")
        people = [Participant(SenderKind.AGENT, "ada", "Ada", None), MIA.principal.participant]
        alive = [Beat("default", place, one) for one in people for place in (CONNECTED, opened.id)]
        await store.presence.write("default", node_id="n", alive=alive, at=NOW + ahead)

        available = Availability.ONLINE if counts else Availability.OFFLINE
        [agent] = await store.agents.list_all(ADA)
        assert agent.availability is available
        seen = await store.conversations.get(ADA, opened.id)
        assert isinstance(seen, AgentConversation)
        assert seen.contact_present is counts
        assert [viewer.id for viewer in seen.viewers or ()] == (["ada"] if counts else [])
        hers = await store.conversations.get(MIA, opened.id)
        assert isinstance(hers, VisitorConversation)
        assert hers.assignee_availability is available
        there = await store.presence.at("default", [opened.id])
        assert len(there.get(opened.id, [])) == (2 if counts else 0)
        assert await store.presence.is_present("default", SenderKind.AGENT, "ada") is counts
    finally:
        await store.stop()
