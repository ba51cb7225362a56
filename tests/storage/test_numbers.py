"""Numbers of conversations that two processes begin at the same time."""

from __future__ import annotations

import asyncio

import pytest

from campfire_chat import Agent, Visitor
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.core import clock
from campfire_chat.core.errors import InvalidError
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


async def test_two_processes_share_one_row_of_numbers(empty_database_url: str) -> None:
    stores = [
        Store(empty_database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
        for _ in range(2)
    ]
    for store in stores:
        await store.start()
    ada = agent_actor(Agent(id="ada", name="Ada"))

    async def begin(number: int) -> None:
        mia = actor_of_visitor(Visitor(id=f"mia-{number}", name="Mia"))
        store = stores[number % 2]
        if number % 5 == 0:
            # Refused within the same transactions, and takes no number.
            with pytest.raises(InvalidError):
                await store.conversations.open(
                    ada, client_id=f"n{number}", body="Hello", contact_id="vis_nobody"
                )
        await store.conversations.open(mia, client_id=f"c{number}", body="Hello")

    try:
        await asyncio.gather(*(begin(number) for number in range(60)))
    finally:
        for store in stores:
            await store.stop()
    truth = Truth(empty_database_url)
    kept = truth.query("SELECT number, conversation_id FROM campfire_conversations ORDER BY number")
    assert [number for number, _ in kept] == list(range(1, 61))
    assert kept == truth.query(
        "SELECT number, conversation_id FROM campfire_conversation_numbers ORDER BY number"
    )
