"""Every bus, on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from campfire_chat.realtime.bus import Bus, Wake
from tests.support.engines import create_postgres_database, drop_postgres_database

#: Those that cross from one process to another.
BUSES = ("sqlite", "redis", "postgresql", "nats")


class Member:
    """A process's end of a bus, and everything it has heard from others."""

    def __init__(self, url: str, node: str) -> None:
        self.node = node
        self.wakes: list[Wake] = []
        self.bus = Bus(url, node=node, on_wake=self.wakes.append)

    @property
    def heads(self) -> list[tuple[str, str, int]]:
        return [head for wake in self.wakes for head in wake.heads]

    @property
    def texts(self) -> list[str]:
        return [frame.text for wake in self.wakes for frame in wake.frames]


@pytest.fixture(params=BUSES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a bus that is shared with other tests, but for SQLite and PostgreSQL."""
    if kind == "sqlite":
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
