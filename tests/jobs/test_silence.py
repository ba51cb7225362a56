"""Conversations in which nothing happens any more are resolved, by jobs of a running desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec import UNSET

from campfire_chat import Agent, Visitor
from campfire_chat.access.actor import actor_of_visitor, system_actor
from campfire_chat.access.records import Role
from campfire_chat.core import clock
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.features.conversations import silence
from campfire_chat.features.conversations.records import AgentConversation, Status
from campfire_chat.features.conversations.rules import Patch
from tests.jobs.conftest import Watch
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada", role=Role.ADMIN))
MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
HOUR = 3600


@pytest.fixture
async def store(database_url: str, watch: Watch) -> AsyncIterator[Store]:
    campfire = campfire_for(database_url, clock=watch, drain_on_signal=False, poll_interval=0.05)
    async with campfire.lifespan():
        yield Store.of(campfire)


async def begin(store: Store, name: str) -> str:
    opened, _ = await store.conversations.open(MIA, client_id=name, body=name)
    return opened.id


async def answer(store: Store, conversation: str, client: str = "answer") -> None:
    await store.messages.send(
        ADA, conversation, client_id=f"{client} {conversation}", body="Here you are"
    )


async def seen(store: Store, conversation: str) -> AgentConversation:
    found = await store.conversations.get(ADA, conversation)
    assert isinstance(found, AgentConversation)
    return found


async def test_only_what_is_over_is_resolved_and_says_why(
    store: Store, watch: Watch, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "AT_ONCE", 2)
    await store.agents.remember(ADA)
    over = [await begin(store, f"over {n}") for n in range(5)]
    waiting, pending, noted = [await begin(store, name) for name in ("waits", "pends", "noted")]
    for conversation in (*over, pending, noted):
        await answer(store, conversation)
    await store.conversations.change(ADA, pending, Patch(status=Status.PENDING), UNSET)
    watch.move(9 * HOUR)
    await store.conversations.change(ADA, noted, Patch(subject="Tea"), UNSET)
    late = await begin(store, "late")
    await answer(store, late)
    wanted = {"resolve_hours": 8, "closing_message": "We close this for now."}
    await store.runtime_settings.change(ADA, Scope.ORGANIZATION, wanted, client_id=None)
    watch.move(15 * 60)
    async with asyncio.timeout(120):
        while any([(await seen(store, one)).status is Status.OPEN for one in over]):
            await asyncio.sleep(0.02)
        # What must stay open stays so only when nothing is left that could resolve it.
        left = "SELECT 1 FROM campfire_jobs WHERE kind = ?"
        while Truth(database_url).query(left, silence.RESOLVE.name):
            await asyncio.sleep(0.02)
    streams = Truth(database_url).streams("default")
    for conversation in over:
        found = await seen(store, conversation)
        assert (found.status, found.waiting_since, found.reopen_count) == (
            *(Status.RESOLVED, None),
            0,
        )
        assert found.last_message is not None
        assert found.last_message.text == "We close this for now."
        *_, message, resolved = streams[f"conversation:{conversation}"]
        assert message["event"] == "message.created"
        assert message["data"]["sender"]["kind"] == "system"
        assert resolved["event"] == "conversation.status_changed"
        assert (resolved["data"]["status"], resolved["data"]["reason"]) == ("resolved", "silence")
        assert resolved["data"]["actor"]["kind"] == "system"
    for conversation, status in (
        *((waiting, Status.OPEN), (noted, Status.OPEN), (late, Status.OPEN)),
        (pending, Status.PENDING),
    ):
        assert (await seen(store, conversation)).status is status
    # The visitor's word opens it again.
    await store.messages.send(MIA, over[0], client_id="again", body="One more thing")
    assert (await seen(store, over[0])).status is Status.OPEN


async def test_whoever_writes_in_the_last_moment_is_faster(store: Store, watch: Watch) -> None:
    await store.agents.remember(ADA)
    conversation = await begin(store, "first")
    await answer(store, conversation)
    actor = system_actor("default", *silence.RESOLVE.permissions)

    async def resolve() -> None:
        until = watch() - 8 * HOUR * clock.SECOND
        operation = silence.ResolveSilent(actor, conversation, until=until, closing="Bye")
        await store.storage.submit(operation)

    watch.move(9 * HOUR)
    await store.messages.send(MIA, conversation, client_id="last", body="Wait!")
    await resolve()
    assert (await seen(store, conversation)).status is Status.OPEN
    await answer(store, conversation, "again")
    watch.move(9 * HOUR)
    await resolve()
    await resolve()
    found = await seen(store, conversation)
    assert (found.status, found.counts.agent) == (Status.RESOLVED, 3)
