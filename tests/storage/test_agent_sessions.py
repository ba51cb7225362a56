"""The sessions of agents in the database: each once, whichever processes see what and when."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import clock
from campfire_chat.core.clock import SECOND
from campfire_chat.features.presence.operations import Beat
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.features.presence.sessions import EndSessions
from campfire_chat.settings import Settings
from tests.support.store import Store
from tests.support.truth import Truth

LIFE = 60
GRACE = 2 * LIFE
BEAT = 20
HOUR = 3600
#: When the clock of the tests begins, in seconds.
BEGINNING = 1_800_000_000

_numbers = itertools.count(1)

#: What happens: a name, and the number of a process or of seconds.
Step = tuple[str, int]
Session = tuple[int, int | None]


class Watch:
    """The clock of all processes, in seconds."""

    def __init__(self) -> None:
        self.seconds = BEGINNING

    def __call__(self) -> int:
        return self.seconds * SECOND


class Process:
    """A process with the connections of one agent, as :class:`Beats` has them."""

    def __init__(self, store: Store, organization: str) -> None:
        self._presence = store.presence
        self._organization = organization
        self._node = f"node{next(_numbers)}"
        participant = Participant(SenderKind.AGENT, "ada", "Ada", None)
        self._beat = Beat(organization, CONNECTED, participant)
        self.connected = False

    async def connect(self) -> None:
        self.connected = True
        await self._presence.move_agents(self._organization, node_id=self._node, came=[self._beat])

    async def close(self) -> None:
        self.connected = False
        await self._presence.move_agents(self._organization, node_id=self._node, left=[self._beat])

    async def tick(self) -> None:
        await self._presence.end_sessions()
        if self.connected:
            await self._presence.write(self._organization, node_id=self._node, alive=[self._beat])
            if not await self._presence.in_session(self._organization, ["ada"]):
                await self.connect()


class Run:
    """One example: an organisation, its processes, and the sightings of its agent."""

    def __init__(self, stores: list[Store], watch: Watch, truth: Truth) -> None:
        self.organization = f"org{next(_numbers)}"
        self.watch = watch
        self.stores = stores
        self.processes = [Process(store, self.organization) for store in stores]
        #: When the agent was seen, and when of these by a connection or a beat.
        self.seen: list[int] = []
        self.beats: list[int] = []
        self._truth = truth

    async def do(self, step: Step) -> None:
        what, number = step
        process = self.processes[number % len(self.processes)]
        match what:
            case "wait":
                self.watch.seconds += number
            case "jump":
                self.watch.seconds += number
            case "connect" if not process.connected:
                await process.connect()
                self.see()
            case "close" if process.connected:
                await process.close()
                # A process that was away for so long finds that the session was over before.
                if abs(self.watch.seconds - self.seen[-1]) <= GRACE:
                    self.seen.append(self.watch.seconds)
            case "kill":
                # With it go its connections, and nobody tells.
                at = number % len(self.processes)
                self.processes[at] = Process(self.stores[at], self.organization)
            case "tick":
                await process.tick()
                if process.connected:
                    self.see()

    def see(self) -> None:
        self.seen.append(self.watch.seconds)
        self.beats.append(self.watch.seconds)

    async def finish(self) -> None:
        """Everybody goes, and is gone for long enough."""
        for number in range(len(self.processes)):
            await self.do(("kill", number))
        self.watch.seconds += GRACE + 1
        await self.do(("tick", 0))

    def told(self) -> list[Session]:
        """The sessions as the events tell them, in seconds from the beginning.

        Raises:
            AssertionError: A beginning or an end is told twice, or not at all.
        """
        found: list[Session] = []
        for event in self._truth.streams(self.organization).get(f"inbox:{self.organization}", []):
            data = event["data"]
            assert data["id"] == "ada"
            started_at = seconds(data["started_at"])
            if event["event"] == "agent.session_started":
                assert not found or found[-1][1] is not None, found
                assert started_at == seconds(event["at"])
                found.append((started_at, None))
            else:
                assert event["event"] == "agent.session_ended"
                assert found[-1] == (started_at, None)
                found[-1] = (started_at, seconds(data["ended_at"]))
        return found

    def open(self) -> list[int]:
        rows = self._truth.query(
            "SELECT started_at FROM campfire_agent_sessions WHERE org_id = ?", self.organization
        )
        return [row[0] // SECOND for row in rows]


def seconds(text: str) -> int:
    return clock.parse_rfc3339(text) // SECOND


Play = Callable[[Callable[[Run], Awaitable[None]]], None]


@pytest.fixture
def play(database_url: str) -> Iterator[Play]:
    """Plays a story in a fresh organisation, with three processes."""
    watch, truth = Watch(), Truth(database_url)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> list[Store]:
            found: list[Store] = []
            for _ in range(3):
                store = Store(
                    database_url,
                    settings=Settings(presence_life=float(LIFE)),
                    on_commit=lambda *_: None,
                    now=watch,
                )
                await store.start()
                stack.push_async_callback(store.stop)
                found.append(store)
            return found

        stores = runner.run(start())

        def played(story: Callable[[Run], Awaitable[None]]) -> None:
            watch.seconds = max(watch.seconds, BEGINNING)
            runner.run(told(story))

        async def told(story: Callable[[Run], Awaitable[None]]) -> None:
            await story(Run(stores, watch, truth))

        try:
            yield played
        finally:
            runner.run(stack.aclose())


def spans(seen: list[int]) -> list[Session]:
    """Sightings in groups whose gaps are within the grace time."""
    groups: list[list[int]] = []
    for at in seen:
        if groups and at - groups[-1][-1] <= GRACE:
            groups[-1].append(at)
        else:
            groups.append([at])
    return [(group[0], group[-1]) for group in groups]


NUMBER = st.integers(0, 2)
HAPPENS = st.one_of(
    st.tuples(st.sampled_from(["connect", "connect", "close", "kill", "tick", "tick"]), NUMBER),
    st.tuples(st.just("wait"), st.sampled_from([1, BEAT, LIFE, GRACE, GRACE + 1, 3 * GRACE])),
)
JUMPS = st.tuples(st.just("jump"), st.sampled_from([-HOUR, HOUR, -24 * HOUR, GRACE + 1]))

PLAYED: dict[str, Any] = {
    "max_examples": 30,
    "report_multiple_bugs": False,
    # The database is one for all examples; each has an organisation of its own.
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
}


@settings(**PLAYED)
@given(steps=st.lists(HAPPENS, max_size=16))
# A gap as long as the grace time, and one that is longer.
@example([("connect", 0), ("close", 0), ("wait", GRACE), ("connect", 0)])
@example([("connect", 0), ("close", 0), ("wait", GRACE + 1), ("connect", 0)])
# Another process goes on with it.
@example(
    [("connect", 0), ("wait", BEAT), ("tick", 0), ("kill", 0), ("wait", GRACE), ("connect", 1)]
)
# The last beat of a dead process is what counts, although another one was left before.
@example(
    [
        *(("connect", 0), ("connect", 1), ("wait", BEAT), ("close", 1), ("wait", BEAT)),
        *(("tick", 0), ("kill", 0), ("wait", GRACE + 1), ("tick", 2), ("connect", 2)),
    ]
)
# A process that was away for so long that another one ended the session has its agent still.
@example([("connect", 0), ("wait", GRACE + 1), ("tick", 1), ("wait", BEAT), ("tick", 0)])
def test_the_events_tell_when_an_agent_was_seen(play: Play, steps: list[Step]) -> None:
    async def story(run: Run) -> None:
        for step in steps:
            await run.do(step)
        await run.finish()
        assert run.told() == spans(run.seen)
        assert run.open() == []

    play(story)


@settings(**PLAYED)
@given(steps=st.lists(st.one_of(HAPPENS, JUMPS), max_size=16))
@example([("connect", 0), ("wait", BEAT), ("tick", 0), ("jump", -HOUR), ("tick", 0)])
@example([("connect", 0), ("wait", BEAT), ("tick", 0), ("jump", -HOUR), ("close", 0)])
@example([("connect", 0), ("jump", HOUR), ("connect", 1), ("jump", -HOUR), ("tick", 1)])
def test_a_clock_that_is_set_doubles_and_loses_nothing(play: Play, steps: list[Step]) -> None:
    async def story(run: Run) -> None:
        for step in steps:
            await run.do(step)
        await run.finish()
        found = run.told()
        assert run.open() == []
        assert all(
            ended_at is not None and started_at <= ended_at for started_at, ended_at in found
        )
        # At these moments the agent was there. Each is in some session, or as near to one as two
        # clocks may be that count as right.
        for at in run.beats:
            assert any(started - GRACE <= at <= (ended or 0) + GRACE for started, ended in found), (
                at,
                found,
            )

    play(story)


def test_an_hour_that_the_clock_was_set_is_nobodys_time(play: Play) -> None:
    async def story(run: Run) -> None:
        for step in [
            *(("connect", 0), ("wait", BEAT), ("tick", 0), ("jump", HOUR), ("tick", 0)),
            *(("wait", BEAT), ("tick", 0), ("jump", -HOUR), ("tick", 0), ("wait", BEAT)),
            ("close", 0),
        ]:
            await run.do(step)
        await run.finish()
        found = run.told()
        assert [(ended or 0) - started for started, ended in found] == [BEAT, BEAT, BEAT]

    play(story)


def test_however_many_processes_find_it_one_ends_it(play: Play) -> None:
    async def story(run: Run) -> None:
        for _ in range(5):
            await run.do(("connect", 0))
            await run.do(("kill", 0))
            run.watch.seconds += GRACE + 1
            await asyncio.gather(*(store.presence.end_sessions() for store in run.stores * 2))
        assert run.told() == [(at, at) for at in run.seen]

    play(story)


def test_who_comes_at_the_moment_of_the_end(play: Play) -> None:
    """One session ends and another one begins, in whatever order the processes get to it."""

    async def story(run: Run) -> None:
        for number in range(10):
            await run.do(("connect", 0))
            await run.do(("kill", 0))
            run.watch.seconds += GRACE + 1
            await asyncio.gather(
                *(store.presence.end_sessions() for store in run.stores),
                *(process.connect() for process in run.processes[number % 2 :]),
            )
            run.see()
            for at in range(len(run.processes)):
                await run.do(("kill", at))
            run.watch.seconds += GRACE + 1
        await run.finish()
        assert run.told() == [(at, at) for at in run.seen]

    play(story)


def test_the_same_id_in_another_organization_is_somebody_else(play: Play) -> None:
    async def story(run: Run) -> None:
        other = Process(run.stores[1], f"{run.organization}-other")
        await other.connect()
        await run.do(("connect", 0))
        await run.do(("kill", 0))
        run.watch.seconds += GRACE + 1
        await other.tick()
        assert run.told() == [(run.seen[0], run.seen[0])]
        # Both were away for too long; only the other is there still.
        assert run.open() == []
        assert await run.stores[0].presence.in_session(f"{run.organization}-other", ["ada"])

    play(story)


def test_places_and_visitors_make_no_session(play: Play) -> None:
    async def story(run: Run) -> None:
        presence = run.stores[0].presence
        people = [
            Beat(run.organization, "conv_1", Participant(SenderKind.AGENT, "ada", "Ada", None)),
            Beat(run.organization, CONNECTED, Participant(SenderKind.VISITOR, "mia", None, None)),
        ]
        await presence.write(run.organization, node_id="n", alive=people)
        await presence.write(run.organization, node_id="n", gone=people)
        assert run.told() == []
        assert run.open() == []

    play(story)


def test_one_organization_that_fails_holds_up_no_other(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(run: Run) -> None:
        # It comes first.
        other = Process(run.stores[0], f"a-{run.organization}")
        await other.connect()
        await run.do(("connect", 0))
        await run.do(("kill", 0))
        run.watch.seconds += GRACE + 1
        original = EndSessions.run

        async def broken(operation: EndSessions, transaction: Any) -> None:
            if operation.organization != run.organization:
                raise ValueError("oh")
            await original(operation, transaction)

        monkeypatch.setattr(EndSessions, "run", broken)
        await run.do(("tick", 0))
        assert run.told() == [(run.seen[0], run.seen[0])]
        monkeypatch.undo()
        await other.tick()

    play(story)
