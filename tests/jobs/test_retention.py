"""What is forgotten after a time, and no earlier: keys of writes, and beats of who is gone."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import UNSET

from campfire_chat import testing
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.records import Agent, Participant, SenderKind, Visitor
from campfire_chat.core.clock import SECOND
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.presence import retention as presence_retention
from campfire_chat.features.presence.operations import Beat
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.features.presence.rules import GRACE
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
        async with asyncio.timeout(120):
            while truth.query("SELECT count(*) FROM campfire_idempotency") != [(1,)]:
                await asyncio.sleep(0.02)
        # Known still: it changes nothing a second time.
        await rename("new")
        await rename("young")
        assert (await store.conversations.get(ADA, opened.id)).subject == "new"


VISITOR = Participant(SenderKind.VISITOR, "mia", None, None)
AGENTS = [Participant(SenderKind.AGENT, name, name, None) for name in ("ada", "bob")]


async def test_beats_of_those_who_are_gone(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a job. Those who may be there by the clock of another process stay."""
    monkeypatch.setattr(presence_retention, "AT_ONCE", 3)
    truth = Truth(database_url)
    campfire = campfire_for(database_url)
    async with testing.desk(campfire, database_url=database_url) as desk:
        store = Store.of(campfire)
        presence = store.presence
        # The present slot has its job.
        await desk.run_jobs()
        job_at = presence_retention.SCHEDULE.next_slot(presence.now)
        near = int(GRACE * store.settings.presence_life) * SECOND
        moments = {
            **{f"old {number}": presence.now for number in range(7)},
            "just too old": job_at - near - 1,
            "old, or a clock is ahead": job_at - near,
            "young": job_at,
            "ahead, or a clock is behind": job_at + near,
            "from before the clock was set back": job_at + near + 1,
            "from long before": job_at + 365 * 24 * 3600 * SECOND,
        }
        for place, at in moments.items():
            alive = [Beat("default", place, VISITOR), Beat("other", place, AGENTS[0])]
            for beat in alive:
                await presence.write(beat.organization, node_id="dead", alive=[beat], at=at)
        # The last beat of a session says when it has ended.
        [of_session, without] = [Beat("default", CONNECTED, agent) for agent in AGENTS]
        await presence.move_agents("default", node_id="dead", came=[of_session])
        await presence.write("default", node_id="dead", alive=[without])
        left = set(moments)
        await desk.advance(seconds=(job_at - presence.now) // SECOND - 1)
        assert _places(truth, "default") == left | {"ada", "bob"}
        await desk.advance(seconds=1)
        left = {"old, or a clock is ahead", "young", "ahead, or a clock is behind"}
        assert _places(truth, "default") == left | {"ada"}
        assert _places(truth, "other") == left
        await presence.end_sessions()
        assert _places(truth, "default") == left


def _places(truth: Truth, organization: str) -> set[str]:
    """Where somebody is said to be; for who is connected, who it is."""
    rows = truth.query(
        "SELECT place, participant_id FROM campfire_presence WHERE org_id = ?", organization
    )
    return {place or who for place, who in rows}
