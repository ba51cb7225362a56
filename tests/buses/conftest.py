"""Every bus, on a real server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from campfire_chat.realtime.bus import Bus, Ephemeral, Wake
from tests.support.engines import create_postgres_database, drop_postgres_database

#: Those that cross from one process to another.
BUSES = ("sqlite", "redis", "postgresql", "nats")
#: And the one that stays in its process, for tests in which there is only one.
EVERY_BUS = (*BUSES, "memory")

every_bus = pytest.mark.parametrize("kind", EVERY_BUS)

#: Seconds for anything that should simply happen.
PATIENCE = 60.0


class Member:
    """A process's end of a bus, and everything it has heard from others."""

    def __init__(self, url: str, node: str) -> None:
        self.node = node
        self.wakes: list[Wake] = []
        self.bus = Bus(url, node=node, on_wake=self.wakes.append)

    @property
    def heads(self) -> list[tuple[str, str, int]]:
        return [head for wake in self.wakes for head in wake.heads]

    def told_by(self) -> set[str]:
        """Who has said anything but that they are there."""
        return {wake.node for wake in self.wakes if wake.heads or wake.frames or wake.signals}

    @property
    def texts(self) -> list[str]:
        return [frame.text for wake in self.wakes for frame in wake.frames]


async def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    """Wait for something, and say what did not come."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)


def frame(text: str) -> Ephemeral:
    return Ephemeral("acme", "conversation:c", text)


async def meet(*members: Member) -> None:
    """Wait until everybody is known to be there, which a side file tells within moments."""
    await until(lambda: not any(m.bus._nobody_hears() for m in members), "everybody is known")


async def talk(one: Member, two: Member, text: str) -> None:
    """Have each say something until the other has heard it."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not (text in one.texts and text in two.texts):
        assert asyncio.get_running_loop().time() < deadline, f"never heard: {text}"
        one.bus.send(frame(text))
        two.bus.send(frame(text))
        await asyncio.sleep(0.05)


@pytest.fixture
def channel() -> str:
    return f"campfire_{secrets.token_hex(8)}"


@pytest.fixture(params=BUSES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a bus; Redis and NATS are shared with other tests."""
    if kind == "memory":
        yield "memory://"
    elif kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'campfire.db-bus'}"
    elif kind == "postgresql":
        server = request.getfixturevalue("postgres")
        database = create_postgres_database(server)
        yield database
        drop_postgres_database(database, server)
    else:
        yield request.getfixturevalue(kind)


@pytest.fixture
async def join(anyio_backend: str) -> AsyncIterator[Callable[..., Any]]:
    """Has somebody join a bus; they leave after the test."""
    async with AsyncExitStack() as stack:

        async def join(url: str, node: str, channel: str) -> Member:
            member = Member(url, node)
            stack.push_async_callback(member.bus.stop)
            await member.bus.start(channel)
            return member

        yield join
