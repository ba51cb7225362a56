"""Every message on the bus is dropped, doubled or comes out of order."""

from __future__ import annotations

import asyncio
import time
from typing import get_args

from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.crowd import Crowd, percentile
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.chaos import Air, AirPort, Mood
from tests.support.truth import Truth

WORDS = {
    "faithful": "bus working normally",
    "deaf": "every message dropped",
    "stutter": "every message doubled",
    "shuffle": "messages out of order",
}


async def run(setting: Setting) -> list[Finding]:
    seconds = setting.either(2.0, 30.0)
    truth = Truth(setting.database_url)
    air = Air()
    found: list[Finding] = []
    async with AirPort(air) as url, Arena(setting, bus_url=url) as arena:
        crowd = Crowd(lambda: arena.bases)
        # The two of a pair are at different processes and seldom say anything: what one has not
        # heard of is not found out by the next message.
        await crowd.gather(setting.either(8, 16))
        for mood in ("faithful", *(mood for mood in get_args(Mood) if mood != "faithful")):
            air.mood = mood
            passed, lost = air.passed, air.lost
            began = time.monotonic()
            stop = asyncio.Event()
            talking = asyncio.create_task(crowd.talk(100_000, pace=1.0, until=stop))
            await asyncio.sleep(seconds)
            stop.set()
            await talking
            heads = lambda: truth.heads(crowd.organization)  # noqa: E731
            late = await crowd.converge(heads, seconds=10)
            took = crowd.deliveries(since=began)
            what = f"{WORDS[mood]}: p99 delivery of {len(took)}"
            found.append(at_most(what, percentile(took, 0.99), 1.5, "s"))
            found.append(at_most(f"{WORDS[mood]}: every client has every message", late, 5, "s"))
            count = air.lost - lost if mood == "deaf" else air.passed - passed
            found.append(
                Finding(f"{WORDS[mood]}: number of such bus messages", "> 0", f"{count}", count > 0)
            )
        journal = await crowd.disperse()
    stored = checker.read(truth, crowd.organization)
    return [*found, *checker.findings(journal, stored)]


SCENARIO = Scenario(
    name="bus_lies",
    title="every bus message dropped, doubled, reordered",
    must_hold="0 lost; p99 delivery ≤ 1.5 s",
    buses=("own",),
    small=(("sqlite", "own"),),
    run=run,
)
