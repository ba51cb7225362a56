"""A snooze ends by a job at its time, in a running desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec import UNSET

from campfire_chat import Agent, Campfire, Visitor
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.core import clock
from campfire_chat.features.conversations.records import AgentConversation, Status
from campfire_chat.features.conversations.rules import Patch
from tests.jobs.conftest import Watch
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada"))
MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
HOUR = 3600


@pytest.fixture
async def store(database_url: str, watch: Watch) -> AsyncIterator[Store]:
    campfire = campfire_for(database_url, clock=watch, drain_on_signal=False, poll_interval=0.05)
    async with campfire.lifespan():
        yield Store.of(campfire)


async def begin(store: Store) -> str:
    opened, _ = await store.conversations.open(MIA, client_id="first", body="Hello")
    return opened.id


async def snooze(store: Store, conversation: str, until: int) -> None:
    patch = Patch(status=Status.SNOOZED, snoozed_until=until)
    await store.conversations.change(ADA, conversation, patch, UNSET)


async def status_of(store: Store, conversation: str) -> Status:
    found = await store.conversations.get(ADA, conversation)
    assert isinstance(found, AgentConversation)
    return found.status


async def woken(store: Store, conversation: str) -> None:
    async with asyncio.timeout(120):
        while await status_of(store, conversation) is not Status.OPEN:
            await asyncio.sleep(0.02)


async def no_job_is_due(store: Store, watch: Watch) -> None:
    """Wait until the desk has done everything that is due."""
    async with asyncio.timeout(120):
        while True:
            due = await store.jobs.next_due(["conversation.wake"])
            if due is None or due > watch():
                return
            await asyncio.sleep(0.02)


async def test_it_ends_at_its_time_and_says_so(
    store: Store, watch: Watch, database_url: str
) -> None:
    conversation = await begin(store)
    await snooze(store, conversation, watch() + HOUR * clock.SECOND)
    watch.move(HOUR - 1)
    await no_job_is_due(store, watch)
    assert await status_of(store, conversation) is Status.SNOOZED
    watch.move(1)
    await woken(store, conversation)
    events = Truth(database_url).streams("default")[f"conversation:{conversation}"]
    assert events[-1]["event"] == "conversation.status_changed"
    assert events[-1]["data"]["actor"]["kind"] == "system"
    # The desk has schedules too, whose jobs may be under way.
    query = "SELECT error FROM campfire_jobs WHERE kind = 'conversation.wake'"
    async with asyncio.timeout(120):
        while left := Truth(database_url).query(query):
            assert left == [(None,)]
            await asyncio.sleep(0.02)


async def test_the_last_time_that_was_set_counts(store: Store, watch: Watch) -> None:
    conversation = await begin(store)
    await snooze(store, conversation, watch() + HOUR * clock.SECOND)
    await snooze(store, conversation, watch() + 5 * HOUR * clock.SECOND)
    watch.move(2 * HOUR)
    await no_job_is_due(store, watch)
    assert await status_of(store, conversation) is Status.SNOOZED
    await snooze(store, conversation, watch() + 60 * clock.SECOND)
    watch.move(60)
    await woken(store, conversation)


async def test_one_that_ended_earlier_is_left_alone(
    store: Store, watch: Watch, database_url: str
) -> None:
    conversation = await begin(store)
    await snooze(store, conversation, watch() + HOUR * clock.SECOND)
    await store.messages.send(MIA, conversation, client_id="second", body="Still there?")
    assert await status_of(store, conversation) is Status.OPEN
    await store.conversations.change(ADA, conversation, Patch(status=Status.RESOLVED), UNSET)
    before = len(Truth(database_url).streams("default")[f"conversation:{conversation}"])
    watch.move(HOUR)
    await no_job_is_due(store, watch)
    assert await status_of(store, conversation) is Status.RESOLVED
    assert len(Truth(database_url).streams("default")[f"conversation:{conversation}"]) == before


async def test_it_ends_after_the_desk_was_down(database_url: str, watch: Watch) -> None:
    def desk() -> Campfire:
        return campfire_for(database_url, clock=watch, drain_on_signal=False, poll_interval=0.05)

    campfire = desk()
    async with campfire.lifespan():
        conversation = await begin(Store.of(campfire))
        await snooze(Store.of(campfire), conversation, watch() + 60 * clock.SECOND)
    watch.move(HOUR)
    campfire = desk()
    async with campfire.lifespan():
        await woken(Store.of(campfire), conversation)
