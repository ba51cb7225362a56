"""What every bus has to do, with real servers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from campfire_chat.realtime.bus import Ephemeral

pytestmark = pytest.mark.anyio

Join = Callable[..., Any]

#: Seconds for anything that should simply happen.
PATIENCE = 10.0


async def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    """Wait for something, and say what did not come."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)


def frame(text: str) -> Ephemeral:
    return Ephemeral("acme", "conversation:c", text)


@pytest.fixture
def channel() -> str:
    return f"campfire_{secrets.token_hex(8)}"


async def test_members_hear_each_other_and_not_themselves(
    url: str, channel: str, join: Join
) -> None:
    members = [await join(url, name, channel) for name in ("one", "two", "three")]
    assert all(member.bus.well for member in members)
    await until(lambda: not any(m.bus._nobody_hears() for m in members), "everybody is known")
    members[0].bus.announce({("acme", "inbox:acme"): 7})
    members[1].bus.send(frame("typing"))
    members[2].bus.team_changed("acme")
    for listener in members:
        others = [member for member in members if member is not listener]
        await until(
            lambda: (
                {w.node for w in listener.wakes if w.heads or w.frames or w.team}  # noqa: B023
                == {member.node for member in others}
            ),  # noqa: B023
            f"{listener.node} hears the others",
        )
        assert not [wake for wake in listener.wakes if wake.node == listener.node]


async def test_everything_arrives_in_order(url: str, channel: str, join: Join) -> None:
    one, two = await join(url, "one", channel), await join(url, "two", channel)
    await until(lambda: not one.bus._nobody_hears(), "the other one is known")
    for number in range(300):
        one.bus.send(frame(f"{number}"))
        if number % 7 == 0:
            await asyncio.sleep(0)
    await until(lambda: len(two.texts) >= 300, "all frames")
    assert two.texts == [f"{number}" for number in range(300)]
