"""Workers die in the middle of everything, again and again."""

from __future__ import annotations

import asyncio
import time

from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.crowd import Crowd
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.truth import Truth


async def run(setting: Setting) -> list[Finding]:
    kills = setting.either(3, 20)
    sends = setting.either(600, 10_000)
    truth = Truth(setting.database_url)
    async with Arena(setting) as arena:
        crowd = Crowd(lambda: arena.bases)
        await crowd.gather(setting.either(6, 12))
        stop = asyncio.Event()
        talking = asyncio.create_task(crowd.talk(1_000_000, pace=0.04, until=stop))
        killed = 0
        # Spread over the sends, which go on for as long as it takes to start the killed again.
        while killed < kills or crowd.acknowledged < sends:
            if killed == kills or crowd.acknowledged * (kills + 1) < sends * (killed + 1):
                await asyncio.sleep(0.02)
                continue
            await arena.kill(killed % 2)
            await arena.start(killed % 2)
            killed += 1
            crowd.go_home()
        stop.set()
        await talking
        ended = time.monotonic()
        converged = await crowd.converge(lambda: truth.heads(crowd.organization), seconds=30)
        deliveries = crowd.deliveries()
        journal = await crowd.disperse()
    stored = checker.read(truth, crowd.organization)
    repeated = sum(sent.attempts > 1 for sent in journal.sent)
    duplicates = sum(any(a.duplicate for a in sent.answers) for sent in journal.sent)
    began = min(sent.began for sent in journal.sent)
    return [
        Finding("workers killed during the sends", str(kills), str(killed), killed == kills),
        Finding(
            "sends acknowledged in the end",
            f"all, at least {sends:,}",
            f"{crowd.acknowledged:,} of {len(journal.sent):,} in {ended - began:.0f} s; "
            f"{repeated:,} repeated, {duplicates:,} of them stored before",
            crowd.acknowledged == len(journal.sent) >= sends,
        ),
        *checker.findings(journal, stored),
        at_most("longest delivery of a message, kills included", max(deliveries), 5, "s"),
        at_most("every client has every message after the last send", converged, 5, "s"),
    ]


SCENARIO = Scenario(
    name="workers_killed",
    title="kill -9 of one of two workers during sends",
    must_hold="0 acknowledged lost, 0 twice, order kept; every client converges within 5 s",
    buses=("automatic", "redis", "nats", "memory"),
    small=(("sqlite", "automatic"), ("postgresql", "redis")),
    run=run,
)
