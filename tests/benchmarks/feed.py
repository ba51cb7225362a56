"""How late the feed is, and what a consumer costs that has nothing to read.

The lag is the time from the moment in an event to the call of a hook for it. Messages are sent in
the same process, at a steady rate, in the conversations of several organisations.
"""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from campfire_chat import Event, Visitor
from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.core import clock
from tests.benchmarks.servers import Backends
from tests.benchmarks.tables import log, table
from tests.support import host
from tests.support.engines import run_apart
from tests.support.store import Store


class Size(NamedTuple):
    """
    Attributes:
        organizations: As many conversations are written to.
        rate: Messages per second, for ``seconds``.
        rest: Seconds for which nothing happens.
    """

    organizations: int
    rate: float
    seconds: float
    rest: float


FULL = Size(organizations=20, rate=500.0, seconds=20.0, rest=30.0)
QUICK = Size(organizations=3, rate=50.0, seconds=1.0, rest=1.0)


class Lag(NamedTuple):
    """Milliseconds, and events that were sent and not seen."""

    p50: float
    p99: float
    worst: float
    count: int
    lost: int


def run(backends: Backends, size: Size) -> str:
    rows: list[list[str]] = []
    for engine in backends.engines:
        with backends.database(engine) as url:
            lag = run_apart(measure_lag(url, size))
        with backends.database(engine) as url:
            without = run_apart(measure_rest(url, size, hooks=0))
        with backends.database(engine) as url:
            idle = run_apart(measure_rest(url, size, hooks=1))
        log(f"feed: {engine}: {lag}, at rest {without:.3%} and {idle:.3%} of a core")
        figures = (
            f"{lag.p50:.0f}",
            f"{lag.p99:.0f}",
            f"{lag.worst:.0f}",
            f"{lag.lost} of {lag.count}",
        )
        rows.append([engine, *figures, f"{without:.2%}", f"{idle:.2%}"])
    headings = ("database", "lag p50 ms", "p99", "longest", "lost", "at rest, no hook", "one hook")
    return (
        f"{size.rate:g} messages a second in {size.organizations} organisations for "
        f"{size.seconds:g} seconds, once.\n\n{table(headings, rows)}"
    )


async def measure_lag(url: str, size: Size) -> Lag:
    """The lag of one hook while messages are sent."""
    lags: list[float] = []
    campfire = host.campfire_for(url, drain_on_signal=False)

    @campfire.on("message.created", name="lag")
    async def note(event: Event) -> None:
        lags.append(time.time() - event.at.timestamp())

    async with campfire.lifespan():
        store = Store.of(campfire)
        talks = await _opened(store, size.organizations)
        while len(lags) < len(talks):
            await asyncio.sleep(0.05)
        lags.clear()
        count = int(size.rate * size.seconds)
        began = clock.now()
        sending: list[asyncio.Future[object]] = []
        for number in range(count):
            actor, conversation = talks[number % len(talks)]
            due = began + int(number / size.rate * clock.SECOND)
            if (early := due - clock.now()) > 0:
                await asyncio.sleep(early / clock.SECOND)
            sending.append(
                asyncio.ensure_future(
                    store.messages.send(actor, conversation, client_id=f"{number}", body="Hello?")
                )
            )
        await asyncio.gather(*sending)
        deadline = time.monotonic() + 30
        while len(lags) < count and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
    found = sorted(1000 * lag for lag in lags)
    return Lag(
        found[len(found) // 2], found[len(found) * 99 // 100], found[-1], count, count - len(found)
    )


async def measure_rest(url: str, size: Size, *, hooks: int) -> float:
    """The share of a core that a process takes with so many hooks and nothing to read."""
    campfire = host.campfire_for(url, drain_on_signal=False)
    for number in range(hooks):
        campfire.on("message.created", name=f"hook {number}")(lambda event: None)
    async with campfire.lifespan():
        await _opened(Store.of(campfire), size.organizations)
        await asyncio.sleep(min(5.0, size.rest))
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.sleep(size.rest)
        return (time.process_time() - cpu) / (time.perf_counter() - began)


async def _opened(store: Store, organizations: int) -> list[tuple[Actor, str]]:
    """A visitor with a conversation in each of several organisations."""
    talks: list[tuple[Actor, str]] = []
    for number in range(organizations):
        actor = actor_of_visitor(Visitor(id="mia", organization=f"org-{number}"))
        opened, _ = await store.conversations.open(actor, client_id="first", body="Hello?")
        talks.append((actor, opened.id))
    return talks
