"""A block counts at once in every process, also where the conversation is in memory."""

from __future__ import annotations

import pytest

from campfire_chat import Agent, Role, Visitor
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.core import clock
from campfire_chat.features.contacts.blocking import BlockContact
from campfire_chat.features.contacts.errors import ContactBlockedError
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store

pytestmark = pytest.mark.anyio

BOSS = agent_actor(Agent(id="boss", name="Bo", role=Role.ADMIN))
MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))


async def test_another_process_has_blocked_them(database_url: str) -> None:
    here, there = (
        Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
        for _ in range(2)
    )
    await here.start()
    await there.start()
    try:
        view, _ = await here.conversations.open(MIA, client_id="1", body="Hello")
        talk = view.id
        # In memory here, since this process wrote to it last.
        for number in range(3):
            await here.messages.send(MIA, talk, client_id=f"a{number}", body="Hello")
        for blocked in (True, False, True):
            await there.contacts.block(BOSS, MIA.principal.id, blocked=blocked)
            if not blocked:
                await here.messages.send(MIA, talk, client_id="b", body="Sorry")
                continue
            for number in range(2):
                with pytest.raises(ContactBlockedError):
                    await here.messages.send(MIA, talk, client_id=f"c{number}", body="Buy!")
            with pytest.raises(ContactBlockedError):
                await here.conversations.open(MIA, client_id="2", body="Buy!")
        # The host app describes them anew: they stay blocked.
        await here.contacts.put(BOSS, Visitor(id="mia", name="Mia Miller"))
        assert (await there.contacts.get(BOSS, "mia")).blocked is True
    finally:
        await here.stop()
        await there.stop()


async def test_a_conversation_begins_while_they_are_blocked(database_url: str) -> None:
    here, there = (
        Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
        for _ in range(2)
    )
    await here.start()
    await there.start()
    try:
        view, _ = await here.conversations.open(MIA, client_id="1", body="Hello")
        await here.messages.send(MIA, view.id, client_id="2", body="Hello")
        # What was read before the transaction does not know it yet.
        operation = BlockContact(BOSS, MIA.principal.id, blocked=True, conversation_ids=[])
        assert (await there.storage.submit(operation)).blocked is True
        with pytest.raises(ContactBlockedError):
            await here.messages.send(MIA, view.id, client_id="3", body="Buy!")
    finally:
        await here.stop()
        await there.stop()
