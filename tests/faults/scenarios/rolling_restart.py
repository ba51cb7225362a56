"""Two workers restart, one after the other, under a crowd that has to be moved twice."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from contextlib import AsyncExitStack

from websockets.exceptions import WebSocketException

from campfire_chat.realtime.drain import RECONNECTS
from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.balancer import Balancer
from tests.faults.checker import Log
from tests.faults.crowd import Crowd
from tests.faults.scenario import Finding, Scenario, Setting, at_most, none_of
from tests.support.client import Client, Closed
from tests.support.people import Person
from tests.support.truth import Truth

#: Seconds for the balancer to notice that ``ready`` fails.
DELAY = 0.6
#: Seconds over which clients spread, at most.
WINDOW = 10.0
#: Seconds in which a worker has ended by itself: see docs/how-to/deploy.md.
ENDS_WITHIN = DELAY + 1.5 * WINDOW + 6
#: Clients that connect at the same time at the beginning.
AT_ONCE = 50


class Sitter:
    """A client that only listens and does as the protocol says: asked to leave, it comes back at
    a random moment within the window."""

    def __init__(self, base: str, person: Person, name: str) -> None:
        self.client = Client(base, person)
        self.name = name
        #: Windows it was told, each with when.
        self.asked: list[tuple[float, float]] = []
        self.refused = 0
        #: Seconds from each first attempt to come back to the welcome.
        self.waits: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def sit_down(self, stream: str) -> None:
        await self.client.connect()
        await self.client.subscribe(stream)
        self._task = asyncio.create_task(self._stay())

    async def leave(self) -> list[Log]:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled():
                self._task.result()
        await self.client.drop()
        return [
            Log(self.name, view.name, view.start, view.applied)
            for view in self.client.views.values()
        ]

    async def _stay(self) -> None:
        client = self.client
        while True:
            client.frames.clear()
            try:
                drain = await client.until_frame("drain", seconds=3600)
            except Closed:
                # It came too late to be asked.
                pass
            else:
                self.asked.append((time.monotonic(), drain["window"]))
                await asyncio.sleep(random.uniform(0, drain["window"]))
            await client.drop()
            await self._return()

    async def _return(self) -> None:
        failures, began = 0, time.monotonic()
        while True:
            try:
                await self.client.connect()
            except (Closed, OSError, EOFError, TimeoutError, WebSocketException, AssertionError):
                await self.client.drop()
                self.refused += 1
                failures += 1
                await asyncio.sleep(random.uniform(0, min(5.0, 0.5 * 2**failures)))
            else:
                self.waits.append(time.monotonic() - began)
                return


async def run(setting: Setting) -> list[Finding]:
    sockets = setting.either(140, 2000)
    pairs = setting.either(4, 20)
    truth = Truth(setting.database_url)
    options = {"drain_delay": DELAY, "drain_window": WINDOW, "heartbeat": 25.0}
    async with (
        AsyncExitStack() as stack,
        Arena(setting, **options) as arena,
        Balancer([server.port for server in arena.servers]) as balancer,
    ):
        crowd = Crowd(lambda: [balancer.base])
        await crowd.gather(pairs)
        sitters = await _seat(crowd, balancer.base, sockets)
        # Looking through what thousands of clients hold takes so long that those whose moment has
        # come meanwhile all leave at once; it stays until the end anyway.
        stack.callback(gc.unfreeze)
        gc.collect()
        gc.freeze()
        over = asyncio.Event()
        talking = asyncio.create_task(crowd.talk(1_000_000, pace=2.0, until=over))
        findings: list[Finding] = []
        for number in range(2):
            findings += await _restart(arena, balancer, sitters, number)
            await asyncio.sleep(2 * DELAY)
        over.set()
        await talking
        converged = await crowd.converge(lambda: truth.heads(crowd.organization), seconds=15)
        behind = await _behind(sitters, truth.heads(crowd.organization))
        journal = await crowd.disperse()
        for sitter in sitters:
            journal.logs += await sitter.leave()
    stored = checker.read(truth, crowd.organization)
    refused = sum(sitter.refused for sitter in sitters)
    waits = [wait for sitter in sitters for wait in sitter.waits]
    return [
        *findings,
        Finding(
            "sends acknowledged in the end",
            "all",
            f"{sum(bool(sent.answers) for sent in journal.sent):,} of {len(journal.sent):,}",
            all(sent.answers for sent in journal.sent),
        ),
        *checker.findings(journal, stored),
        at_most("every client has every message after the last send", converged, 5, "s"),
        none_of("listeners that are behind", behind),
        at_most("attempts to connect that were refused", refused, sockets / 20),
        at_most("longest time without a connection", max(waits), 5, "s"),
    ]


async def _seat(crowd: Crowd, base: str, count: int) -> list[Sitter]:
    agent = await asyncio.to_thread(crowd.desk.agent, "listener")
    sitters = [Sitter(base, agent, f"listener/{number}") for number in range(count)]
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(
            *(
                sitter.sit_down(crowd.rooms[number % len(crowd.rooms)].stream)
                for number, sitter in enumerate(sitters[start : start + AT_ONCE], start)
            )
        )
    return sitters


async def _restart(
    arena: Arena, balancer: Balancer, sitters: list[Sitter], number: int
) -> list[Finding]:
    """Restart one worker, and look at how its clients came to the other."""
    moved = (await balancer.look()).open[arena.servers[number].port]
    began = time.monotonic()
    status, seconds = await arena.terminate(number)
    await arena.start(number)
    asked = [(at, window) for sitter in sitters for at, window in sitter.asked[-1:] if at >= began]
    first, window = min(asked)[0], max(window for _, window in asked)
    arrivals = [at for at in (await balancer.look()).arrivals if at >= first]
    # A second where there are enough of them to tell; a third of the window with a small crowd,
    # where all within one would be 3 × the mean.
    span = min(1.0, max(window, 0.5) / 3)
    peak = max(sum(at <= other < at + span for other in arrivals) for at in arrivals) / span
    mean = len(arrivals) / window
    name = f"worker {number + 1}"
    return [
        Finding(
            f"{name} ended by itself",
            f"≤ {ENDS_WITHIN:g} s",
            f"{seconds:.1f} s, status {status}, {moved:,} sockets moved over {window:.1f} s",
            seconds <= ENDS_WITHIN and status in (0, -15),
        ),
        at_most(f"{name}: reconnects a second, peak ÷ mean over the window", peak / mean, 2, "×"),
        at_most(f"{name}: reconnects a second, peak", peak, 2 * max(RECONNECTS, moved / WINDOW)),
    ]


async def _behind(sitters: list[Sitter], heads: dict[str, int]) -> list[str]:
    for _ in range(100):
        behind = [
            sitter.name
            for sitter in sitters
            for view in sitter.client.views.values()
            if view.last < heads.get(view.name, 0)
        ]
        if not behind:
            break
        await asyncio.sleep(0.1)
    return behind


SCENARIO = Scenario(
    name="rolling_restart",
    title="both of two workers are restarted, one after the other, under 2,000 sockets",
    must_hold="0 lost; reconnect peak at most 2 × the mean over the window",
    run=run,
)
