"""The connection breaks around COMMIT: right before it arrives, or right after it took effect."""

from __future__ import annotations

import asyncio
import time

from msgspec import structs

from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.crowd import Crowd, percentile
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.fault_proxy import FaultProxy
from tests.support.postgres import COMMIT, COMMITTED
from tests.support.truth import Truth

#: Cuts in a row of which one of two workers gets six, and some to spare: as often as it tries
#: before it tells its callers that it does not know.
STORM = 16
#: Seconds for the sends, far more than they need, and for the last of them to be answered.
PATIENCE = 300.0


async def run(setting: Setting) -> list[Finding]:
    cuts = setting.either(8, 100)
    storms = setting.either(1, 5)
    sends = setting.either(300, 5_000)
    truth = Truth(setting.database_url)
    async with FaultProxy.before(setting.database_url) as proxy:
        through = proxy.through(setting.database_url)
        async with Arena(structs.replace(setting, database_url=through)) as arena:
            crowd = Crowd(lambda: arena.bases)
            await crowd.gather(setting.either(6, 12))
            stop = asyncio.Event()
            talking = asyncio.create_task(crowd.talk(1_000_000, pace=0.04, until=stop))
            before = after = 0
            async with asyncio.timeout(PATIENCE):
                while (done := before + after) < cuts or crowd.acknowledged < sends:
                    if done == cuts or crowd.acknowledged * (cuts + 1) < sends * (done + 1):
                        await asyncio.sleep(0.01)
                        continue
                    # Three in four after the fact: those are the ones that nobody can tell from it.
                    if (before + after) % 4:
                        cut = proxy.cut_at(COMMITTED, way="answer")
                        after += 1
                    else:
                        cut = proxy.cut_at(COMMIT, way="request")
                        before += 1
                    async with asyncio.timeout(30):
                        await cut.wait()
            ended = time.monotonic()
            await asyncio.sleep(0.5)
            for _ in range(storms):
                # No worker's second look gets through, so that the senders have to ask again.
                cut = proxy.cut_at(COMMITTED, way="answer", times=STORM)
                async with asyncio.timeout(60):
                    await cut.wait()
                await asyncio.sleep(0.5)
            stop.set()
            async with asyncio.timeout(PATIENCE):
                await talking
            converged = await crowd.converge(lambda: truth.heads(crowd.organization), seconds=30)
            deliveries = crowd.deliveries(until=ended)
            journal = await crowd.disperse()
    stored = await asyncio.to_thread(checker.read, truth, crowd.organization)
    repeated = sum(sent.attempts > 1 for sent in journal.sent)
    duplicates = sum(any(a.duplicate for a in sent.answers) for sent in journal.sent)
    return [
        Finding(
            "cut before COMMIT / after it",
            f"{cuts} in all",
            f"{before} / {after}",
            before + after == cuts,
        ),
        Finding(
            "sends acknowledged in the end",
            f"all, at least {sends:,}",
            f"{crowd.acknowledged:,} of {len(journal.sent):,}",
            crowd.acknowledged == len(journal.sent) >= sends,
        ),
        Finding(
            f"sends that were repeated and found stored, {storms} × {STORM} cuts in a row",
            f"at least {storms}, with the same seq",
            f"{duplicates:,} of {repeated:,} repeated",
            duplicates >= storms,
        ),
        *checker.findings(journal, stored),
        at_most(
            "p99 of a message's way, single cuts included",
            percentile(deliveries, 0.99),
            2,
            "s",
        ),
        at_most("every client has every message after the last send", converged, 5, "s"),
    ]


SCENARIO = Scenario(
    name="commit_answer_lost",
    title="the connection is cut before COMMIT, or before its answer",
    must_hold="0 lost, 0 twice; the retry returns the same seq; delivered to the readers at once",
    engines=("postgresql",),
    run=run,
)
