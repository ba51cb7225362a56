"""Keys of writes are forgotten after their time, and no earlier."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import UNSET

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.jobs import retention
from tests.jobs.conftest import Watch
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

ADA = agent_actor(Agent(id="ada", name="Ada"))
MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))


def test_keys_live_for_thirty_days_and_are_looked_at_daily() -> None:
    assert retention.KEY_LIFE == 30 * 86_400
    assert retention.DAILY.every == 86_400


async def test_keys_live_for_their_time(
    database_url: str, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    truth = Truth(database_url)
    campfire = campfire_for(database_url, clock=watch, drain_on_signal=False, poll_interval=0.05)
    async with campfire.lifespan():
        store = Store.of(campfire)
        opened, _ = await store.conversations.open(MIA, client_id="first", body="Hello")

        async def rename(subject: str) -> None:
            patch = Patch(subject=subject)
            await store.conversations.change(ADA, opened.id, patch, UNSET, client_id=subject)

        for number in range(8):
            await rename(f"old {number}")
        watch.move(retention.KEY_LIFE - 60)
        await rename("young")
        watch.move(120)
        # The slot of the present day may have had its job before they were old enough.
        watch.move(24 * 3600)
        async with asyncio.timeout(30):
            while truth.query("SELECT count(*) FROM campfire_idempotency") != [(1,)]:
                await asyncio.sleep(0.02)
        # Known still: it changes nothing a second time.
        await rename("new")
        await rename("young")
        assert (await store.conversations.get(ADA, opened.id)).subject == "new"
