"""A database of revision 0022 keeps its messages; nothing of them was removed."""

from __future__ import annotations

import pytest

from campfire_chat import Agent
from campfire_chat.core import clock
from campfire_chat.database import schema
from campfire_chat.database.engines import engine_of
from campfire_chat.settings import Settings
from tests.storage.test_revision_0005 import SNOOZED, run
from tests.storage.test_revision_0008 import CONTACT
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

MESSAGE = (
    "INSERT INTO campfire_messages (org_id, conversation_id, visibility, seq, message_id,"
    " client_key, at, sender_kind, sender_id, kind, body) VALUES ('default', 'conv_a', 'public', 1,"
    " 'msg_a', 'visitor:vis_1:c', 1000000, 'visitor', 'vis_1', 'text', 'Hello?')"
)


async def test_messages_stay(empty_database_url: str) -> None:
    engine = engine_of(empty_database_url)
    no = "0" if engine.name == "sqlite" else "false"
    row = SNOOZED.format(org="default", id="conv_a", status="open", until="NULL")
    migrations = schema.migrations()
    before = migrations.render(engine, None, "0016")
    between = migrations.render(engine, "0016", "0022")
    await run(empty_database_url, [*before, CONTACT.format(no=no), row, *between, MESSAGE])
    store = Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        message = await store.messages.get(agent_actor(Agent(id="ada", name="Ada")), "msg_a")
    finally:
        await store.stop()
    assert (message.body, message.redacted_at) == ("Hello?", None)
