"""The bus is killed, and comes back; or it stops answering, which nobody is told."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.crowd import Crowd, percentile
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.buses import BusServer, nats_server, redis_server
from tests.support.fault_proxy import FaultProxy
from tests.support.truth import Truth

#: Seconds in which the bus has to be of use again.
BACK = 5.0
#: Seconds after which a bus that does not answer is known to be ill, and a bit.
NOTICED = 3.7


class _Bus(ABC):
    """A bus that can be taken away."""

    url: str | None

    @abstractmethod
    async def kill(self) -> None: ...

    @abstractmethod
    async def revive(self) -> None: ...

    @abstractmethod
    async def pause(self) -> None: ...

    @abstractmethod
    async def resume(self) -> None: ...


class _Server(_Bus):
    """A real server: SIGKILL and SIGSTOP."""

    def __init__(self, server: BusServer) -> None:
        self.url = server.url
        self._server = server

    async def kill(self) -> None:
        await asyncio.to_thread(self._server.kill)

    async def revive(self) -> None:
        await asyncio.to_thread(self._server.start)

    async def pause(self) -> None:
        self._server.pause()

    async def resume(self) -> None:
        self._server.resume()


class _Way(_Bus):
    """PostgreSQL, which is the database as well and has to live: the way to its bus is cut."""

    def __init__(self, proxy: FaultProxy, database_url: str) -> None:
        self.url = proxy.through(database_url)
        self._proxy = proxy

    async def kill(self) -> None:
        self._proxy.refuse()

    async def revive(self) -> None:
        self._proxy.heal()

    async def pause(self) -> None:
        self._proxy.stall()

    async def resume(self) -> None:
        self._proxy.heal()


class _File(_Bus):
    """The file beside SQLite: taken away as fast as it is made, or held by somebody's lock."""

    url = None

    def __init__(self, database_url: str) -> None:
        self._path = Path(f"{database_url.removeprefix('sqlite:///')}-bus")
        self._removing: asyncio.Task[None] | None = None
        self._holding: sqlite3.Connection | None = None

    async def kill(self) -> None:
        self._removing = asyncio.create_task(self._remove())

    async def _remove(self) -> None:
        while True:
            self._path.unlink(missing_ok=True)
            await asyncio.sleep(0.05)

    async def revive(self) -> None:
        assert self._removing is not None
        self._removing.cancel()
        await asyncio.gather(self._removing, return_exceptions=True)

    async def pause(self) -> None:
        self._holding = sqlite3.connect(self._path, isolation_level=None, timeout=5)
        # Nobody else can write to it until this is over.
        self._holding.execute("BEGIN IMMEDIATE")

    async def resume(self) -> None:
        assert self._holding is not None
        self._holding.close()


@asynccontextmanager
async def _bus(setting: Setting) -> AsyncIterator[_Bus]:
    if setting.bus == "sqlite":
        yield _File(setting.database_url)
    elif setting.bus == "postgresql":
        url = setting.bus_url or setting.database_url
        async with FaultProxy.before(url) as proxy:
            yield _Way(proxy, url)
    else:
        # Its own in any case: one that was lent is nobody's to kill.
        with (redis_server if setting.bus == "redis" else nats_server)() as server:
            yield _Server(server)


async def run(setting: Setting) -> list[Finding]:
    truth = Truth(setting.database_url)
    found: list[Finding] = []
    windows: list[tuple[str, float, float]] = []
    async with _bus(setting) as bus, Arena(setting, bus_url=bus.url) as arena:
        crowd = Crowd(lambda: arena.bases)
        await crowd.gather(setting.either(8, 16))
        stop = asyncio.Event()
        # Seldom, so that what one has not heard of is not found out by the next message.
        talking = asyncio.create_task(crowd.talk(1_000_000, pace=1.0, until=stop))
        await _until_well(arena)
        killings = setting.either((1.0,), (1.0, 15.0, 60.0))
        pause = setting.either(4.0, 30.0)
        for what, seconds in (*(("killed", each) for each in killings), ("paused", pause)):
            killed = what == "killed"
            began = time.monotonic()
            await (bus.kill() if killed else bus.pause())
            await asyncio.sleep(seconds)
            ended = time.monotonic()
            # A file that is made anew all the time is of use for moments in between.
            if seconds > NOTICED and not (killed and setting.bus == "sqlite"):
                ill = await _health(arena)
                found.append(
                    Finding(
                        f"{what} for {seconds:g} s: state that the workers report",
                        "ill",
                        ill,
                        ill == "ill",
                    )
                )
            await (bus.revive() if killed else bus.resume())
            back = await _until_well(arena)
            label = f"{what} for {seconds:g} s"
            found.append(at_most(f"{label}: bus working again", back, BACK, "s"))
            windows.append((label, began, ended))
        began = time.monotonic()
        await asyncio.sleep(setting.either(1.5, 5.0))
        stop.set()
        await talking
        heads = lambda: truth.heads(crowd.organization)  # noqa: E731
        late = await crowd.converge(heads, seconds=10)
        # Only now, when everything has arrived: what comes last counts most.
        for label, since, until in windows:
            took = crowd.deliveries(since=since, until=until)
            p99 = percentile(took, 0.99)
            found.append(at_most(f"{label}: p99 delivery of {len(took)} meanwhile", p99, 1.5, "s"))
        took = crowd.deliveries(since=began)
        # Well below the poll of the heads: the bus is what brings them.
        p50 = percentile(took, 0.5)
        found.append(at_most("afterwards: half of the deliveries within", p50, 0.25, "s"))
        found.append(at_most("every client has every message", late, 5, "s"))
        journal = await crowd.disperse()
    stored = checker.read(truth, crowd.organization)
    return [*found, *checker.findings(journal, stored)]


async def _until_well(arena: Arena) -> float:
    """Seconds until every worker says that it hears the others again."""
    began = time.monotonic()
    while time.monotonic() - began < 4 * BACK:
        if await _health(arena) == "ok":
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    return float("inf")


async def _health(arena: Arena) -> str:
    """What all workers say of the bus; what each does, when they differ."""
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        said = [(await client.get(f"{base}/api/v1/health/ready")).json() for base in arena.bases]
    return " and ".join(sorted({str(each.get("bus")) for each in said}))


SCENARIO = Scenario(
    name="bus_down",
    title="the bus is killed for 1, 15 and 60 s, and paused for 30 s",
    must_hold="0 lost; p99 delivery ≤ 1.5 s while it is down; back within 5 s",
    buses=("sqlite", "postgresql", "redis", "nats"),
    small=(("postgresql", "redis"),),
    run=run,
)
