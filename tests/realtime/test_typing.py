"""Who is typing, by a clock of the test's own."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest
from msgspec import structs

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.features.presence.typing import LIFE, REPEAT, TypingIndicators
from campfire_chat.realtime.hub import Hub
from tests.support.clocks import in_virtual_time
from tests.support.host import agent_actor

MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
ADA = agent_actor(Agent(id="ada", name="Ada"))


class Screen:
    """Somebody who looks at the conversation."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.shown: list[tuple[float, bool]] = []

    def push(self, text: str) -> None:
        raise AssertionError("typing may be dropped")

    def offer(self, text: str) -> None:
        frame = json.loads(text)
        assert frame["participant"]["name"] == "Mia"
        now = asyncio.get_running_loop().time()
        self.shown.append((round(now, 6), frame["active"]))


def typed(*moments: float, stop_at: float | None = None) -> tuple[list[tuple[float, bool]], ...]:
    """What the agent and Mia herself are shown when she presses keys at these moments."""

    async def play() -> tuple[list[tuple[float, bool]], ...]:
        hub = Hub(poll_interval=1.0)
        typing = TypingIndicators(hub)
        screens = [Screen(ADA), Screen(MIA)]
        for screen in screens:
            subscription: Any = hub.attach("default", "conversation:c", screen)
            subscription.admitted = True
        loop = asyncio.get_running_loop()
        for moment in moments:
            await asyncio.sleep(moment - loop.time())
            typing.set(MIA, "c", active=True)
        if stop_at is not None:
            await asyncio.sleep(stop_at - loop.time())
            typing.set(MIA, "c", active=False)
        await asyncio.sleep(10 * LIFE)
        return tuple(screen.shown for screen in screens)

    return in_virtual_time(play())


def test_it_goes_so_long_after_the_last_key_not_the_first() -> None:
    agent, herself = typed(0.0, 1.0)
    assert agent == [(0.0, True), (1.0 + LIFE, False)]
    assert herself == []


@pytest.mark.parametrize("pause", [0.1, 0.5, 1.9])
def test_however_often_it_is_said_it_is_shown_every_few_seconds(pause: float) -> None:
    keys = [n * pause for n in range(int(12 / pause))]
    agent, _ = typed(*keys)
    moments = [at for at, active in agent if active]
    assert agent[-1] == (round(keys[-1] + LIFE, 6), False)
    assert all(later - earlier >= REPEAT - 1e-6 for earlier, later in pairwise(moments))
    # But it is repeated: whoever came later is to see it as well.
    assert all(later - earlier <= REPEAT + pause + 1e-6 for earlier, later in pairwise(moments))


def test_it_ends_when_said_so() -> None:
    agent, _ = typed(0.0, stop_at=3.0)
    assert agent == [(0.0, True), (3.0, False)]


def test_each_of_them_types_for_themselves() -> None:
    """In one conversation and another one, and whoever has the same id elsewhere."""

    async def play() -> None:
        hub = Hub(poll_interval=1.0)
        typing = TypingIndicators(hub)
        shown: list[tuple[str, str, str, bool]] = []

        class Place(Screen):
            def __init__(self, organization: str, conversation_id: str) -> None:
                super().__init__(ADA)
                self.organization = organization
                subscription: Any = hub.attach(
                    organization, f"conversation:{conversation_id}", self
                )
                subscription.admitted = True

            def offer(self, text: str) -> None:
                frame = json.loads(text)
                who = frame["participant"]["name"]
                shown.append((self.organization, frame["conversation_id"], who, frame["active"]))

        places = [("default", "c"), ("default", "d"), ("other", "c")]
        for place in places:
            Place(*place)
        tom = actor_of_visitor(Visitor(id="tom", name="Tom"))
        elsewhere = structs.replace(MIA, organization="other")
        everybody = [(MIA, "c"), (MIA, "d"), (tom, "c"), (elsewhere, "c")]
        for actor, conversation_id in everybody:
            typing.set(actor, conversation_id, active=True)
        expected = {
            ("default", "c", "Mia", True),
            ("default", "d", "Mia", True),
            ("default", "c", "Tom", True),
            ("other", "c", "Mia", True),
        }
        assert set(shown) == expected
        assert len(shown) == 4
        await asyncio.sleep(REPEAT + 0.1)
        for number, (actor, conversation_id) in enumerate(everybody, 5):
            typing.set(actor, conversation_id, active=False)
            # Said once, however often, and the others go on.
            typing.set(actor, conversation_id, active=False)
            assert len(shown) == number
            assert shown[-1][2:] == (actor.principal.name, False)
        assert not typing._typists

    in_virtual_time(play())


def test_after_the_stop_nothing_is_said_any_more() -> None:
    async def play() -> None:
        hub = Hub(poll_interval=1.0)
        typing, screen = TypingIndicators(hub), Screen(ADA)
        subscription: Any = hub.attach("default", "conversation:c", screen)
        subscription.admitted = True
        typing.set(MIA, "c", active=True)
        await asyncio.sleep(1)
        await typing.stop()
        assert not typing._typists
        await asyncio.sleep(10 * LIFE)
        assert screen.shown == [(0.0, True)]

    in_virtual_time(play())
