"""Sessions of agents over real sockets: tabs, reloads, processes that are killed, clocks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from campfire_chat import Campfire
from campfire_chat.core import clock
from campfire_chat.core.clock import SECOND
from campfire_chat.features.presence import beats
from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.host import CLOCK, campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer, ThreadServer, process_server
from tests.support.talk import until
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

BEAT = 0.3
#: So long that no busy machine is late with a beat. The clock goes ahead by a jump.
LIFE = 60.0
OPTIONS: dict[str, Any] = {
    **QUICK,
    "presence_beat": BEAT,
    "presence_life": LIFE,
}
AFTER_GRACE = 2 * LIFE + 1
WITHIN_GRACE = LIFE


class Clock:
    """The wall clock of every process of a test, which reads by how much it is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seconds = 0.0
        self.jump(0)

    def __call__(self) -> int:
        return clock.now() + int(self._seconds * SECOND)

    def jump(self, seconds: float) -> None:
        self._seconds += seconds
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(int(self._seconds * SECOND)))
        fresh.replace(self.path)


@pytest.fixture
def wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    # Who closes the last tab is gone at once.
    monkeypatch.setattr(beats, "RETURN", 0.0)
    return Clock(tmp_path / "clock")


@pytest.fixture
def campfire(database_url: str, wall: Clock) -> Campfire:
    return campfire_for(database_url, clock=wall, **OPTIONS)


@pytest.fixture
def site(campfire: Campfire) -> Iterator[Desk]:
    with ThreadServer(host_app(campfire)) as server:
        yield Desk(f"{server.url}/support", "default")


def events(database_url: str, agent: Person, organization: str = "default") -> list[Any]:
    """What the inbox tells of the sessions of an agent, times in microseconds."""
    found: list[Any] = []
    for event in Truth(database_url).streams(organization).get(f"inbox:{organization}", []):
        kind, data = event["event"], event["data"]
        if kind.startswith("agent.session") and data["id"] == agent.id:
            moments = [data[name] for name in ("started_at", "ended_at") if name in data]
            found.append((kind.rpartition("_")[2], *map(clock.parse_rfc3339, moments)))
    return found


async def until_told(database_url: str, agent: Person, *kinds: str) -> list[Any]:
    """Wait until the inbox tells of these, and nothing else."""
    await until(lambda: [kind for kind, *_ in events(database_url, agent)] == list(kinds))
    return events(database_url, agent)


async def gone(database_url: str, agent: Person, since: int) -> None:
    """Wait until it is written that an agent has left, not before ``since``."""
    left = "SELECT count(*) FROM campfire_agent_sessions WHERE agent_id = ? AND left_at >= ?"
    await until(lambda: Truth(database_url).query(left, agent.id, since) == [(1,)])


async def test_tabs_and_reloads_are_one_session(site: Desk, database_url: str, wall: Clock) -> None:
    ada, visitor = site.agent("ada"), site.visitor()
    visitor.begin()
    ada.get("/me")
    before = wall()
    async with Client(site.base, visitor), Client(site.base, ada):
        connected = wall()
        async with Client(site.base, ada):
            [(kind, started_at)] = events(database_url, ada)
            assert kind == "started"
            assert before <= started_at <= connected
    await gone(database_url, ada, connected)
    wall.jump(WITHIN_GRACE)
    async with Client(site.base, ada):
        closing = wall()
    await gone(database_url, ada, closing)
    closed = wall()
    wall.jump(AFTER_GRACE)
    _, ended = await until_told(database_url, ada, "started", "ended")
    assert ended[1] == started_at
    assert closing <= ended[2] <= closed
    # What it tells is no secret among colleagues, and nobody else's business.
    [shown] = [
        event for event in ada.events("inbox:default") if event["event"] == "agent.session_ended"
    ]
    assert shown["data"].keys() == {"id", "started_at", "ended_at"}
    async with Client(site.base, ada):
        # The hello waits for it.
        assert [kind for kind, *_ in events(database_url, ada)] == ["started", "ended", "started"]
    told = "SELECT count(*) FROM campfire_events WHERE event LIKE ? AND stream NOT LIKE ?"
    assert Truth(database_url).query(told, "agent.session%", "inbox:%") == [(0,)]


async def test_a_lost_connection_ends_it_with_the_last_beat(
    site: Desk, campfire: Campfire, database_url: str, wall: Clock
) -> None:
    ada = site.agent("ada")
    async with Client(site.base, ada) as client:
        connected = wall()
        await client.drop()
        dropped = wall()
    # The server has noticed when nothing beats for the agent any more.
    assert campfire._running is not None
    here = campfire._running.services[beats.Beats]
    await until(lambda: not here.organizations())
    noticed = wall()
    wall.jump(AFTER_GRACE)
    _, (_, started_at, ended_at) = await until_told(database_url, ada, "started", "ended")
    assert started_at <= connected <= dropped
    assert started_at <= ended_at <= noticed


async def test_a_clock_that_is_set_counts_for_nobody(
    site: Desk, database_url: str, wall: Clock
) -> None:
    ada = site.agent("ada")
    async with Client(site.base, ada):
        expected = ["started"]
        for jump in (3600.0, -3600.0):
            wall.jump(jump)
            expected += ["ended", "started"]
            await until_told(database_url, ada, *expected)
        closing = wall()
    await gone(database_url, ada, closing)
    wall.jump(AFTER_GRACE)
    found = await until_told(database_url, ada, *expected, "ended")
    spans = [ended_at - started_at for kind, started_at, *rest in found for ended_at in rest]
    assert len(spans) == 3
    assert all(span >= 0 for span in spans)
    # Neither jump is time in which somebody worked.
    assert sum(spans) / SECOND < 3600


# Processes.


@pytest.fixture
def two(database_url: str, wall: Clock) -> Iterator[list[ProcessServer]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                process_server(database_url, environment={CLOCK: str(wall.path)}, **OPTIONS)
            )
            for _ in range(2)
        ]


def agent_at(server: ProcessServer, name: str) -> Person:
    agent = Desk(f"{server.url}/support", "default").agent(name)
    # Asked for while the process can answer.
    assert agent.id
    return agent


async def test_another_process_ends_the_session_of_one_that_was_killed(
    two: list[ProcessServer], database_url: str, wall: Clock, connect: Any
) -> None:
    doomed, other = two
    ada, bob = agent_at(doomed, "ada"), agent_at(other, "bob")
    await connect(ada)
    await connect(bob)
    # It has beaten since, so that the end is no beginning.
    [(_, started_at)] = events(database_url, ada)
    await until(lambda: _last_beat(database_url, ada) > started_at)
    await asyncio.to_thread(doomed.kill)
    last = _last_beat(database_url, ada)
    wall.jump(AFTER_GRACE)
    found = await until_told(database_url, ada, "started", "ended")
    assert found[1] == ("ended", started_at, last)
    # Bob goes on, in a session of the new time.
    kinds = [kind for kind, *_ in events(database_url, bob)]
    assert kinds[0] == "started"
    await asyncio.to_thread(doomed.start)
    async with Client(ada.base, ada):
        await until_told(database_url, ada, "started", "ended", "started")


def _last_beat(database_url: str, agent: Person) -> int:
    beat = "SELECT beat_at FROM campfire_presence WHERE participant_id = ? AND place = ''"
    [[at]] = Truth(database_url).query(beat, agent.id)
    return at


async def test_whoever_goes_on_with_another_process_has_one_session(
    two: list[ProcessServer], database_url: str, wall: Clock, connect: Any
) -> None:
    doomed, other = two
    ada = agent_at(doomed, "ada")
    there = agent_at(other, "ada")
    await connect(ada)
    await asyncio.to_thread(doomed.kill)
    wall.jump(WITHIN_GRACE)
    async with Client(there.base, there):
        # By now the dead process would have been gone for too long.
        wall.jump(WITHIN_GRACE)
        moved = wall()
        await until(lambda: _latest_beat(database_url) >= moved)
    await gone(database_url, ada, moved)
    wall.jump(AFTER_GRACE)
    found = await until_told(database_url, ada, "started", "ended")
    assert found[1][2] >= moved


def _latest_beat(database_url: str) -> int:
    [[at]] = Truth(database_url).query("SELECT max(beat_at) FROM campfire_presence")
    return at


async def test_who_comes_back_first_after_a_long_time_ends_the_old_one(
    two: list[ProcessServer], database_url: str, wall: Clock, connect: Any
) -> None:
    """Even if no process has looked meanwhile."""
    ada = agent_at(two[0], "ada")
    await connect(ada)
    for server in two:
        await asyncio.to_thread(server.kill)
    last = _last_beat(database_url, ada)
    wall.jump(8 * 3600)
    await asyncio.to_thread(two[0].start)
    async with Client(ada.base, ada):
        back = wall()
        first, second, third = await until_told(database_url, ada, "started", "ended", "started")
    assert second == ("ended", first[1], last)
    assert last + 8 * 3600 * SECOND <= third[1] <= back
