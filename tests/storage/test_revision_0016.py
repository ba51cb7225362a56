"""A database of revision 0015 keeps its conversations, which get numbers as they began."""

from __future__ import annotations

import pytest

from campfire_chat import Agent, Visitor
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.features.conversations.records import AgentConversation
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

BEGUN = "UPDATE campfire_conversations SET created_at = {at} WHERE conversation_id = '{id}'"
#: Organisation, id, and when it began.
BEFORE = [
    ("default", "conv_a", 300),
    ("default", "conv_b", 100),
    ("other", "conv_c", 50),
    ("default", "conv_e", 200),
    ("default", "conv_d", 200),
]


async def test_conversations_get_numbers(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    rows = [CONTACT.format(no=no)]
    for organization, about, at in BEFORE:
        rows.append(SNOOZED.format(org=organization, id=about, status="open", until="NULL"))
        rows.append(BEGUN.format(id=about, at=at))
    before = schema.migrations().render(engine, None, "0015")
    await run(empty_database_url, [*before, *rows])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        ada = agent_actor(Agent(id="ada", name="Ada"))
        found = [await store.conversations.numbered(ada, number) for number in range(1, 6)]
        mia = actor_of_visitor(Visitor(id="mia", name="Mia"))
        opened, _ = await store.conversations.open(mia, client_id="c", body="Hello")
        view = await store.conversations.get(ada, opened.id)
    finally:
        await store.stop()
    assert [[item.id for item in one] for one in found] == [
        ["conv_b"],
        ["conv_d"],
        ["conv_e"],
        ["conv_a"],
        [],
    ]
    assert isinstance(view, AgentConversation)
    assert view.number == 5
    kept = Truth(empty_database_url).query(
        "SELECT org_id, number, conversation_id, created_at FROM campfire_conversations "
        "ORDER BY org_id, number"
    )
    assert [tuple(row) for row in kept if row[2] != opened.id] == [
        ("default", 1, "conv_b", 100),
        ("default", 2, "conv_d", 200),
        ("default", 3, "conv_e", 200),
        ("default", 4, "conv_a", 300),
        ("other", 1, "conv_c", 50),
    ]
