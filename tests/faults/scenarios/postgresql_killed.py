"""PostgreSQL is killed and started again, and single connections of it are terminated."""

from __future__ import annotations

import asyncio
import time

from msgspec import structs

from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.crowd import Crowd
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.engines import create_postgres_database
from tests.support.postgres import PostgresServer, execute, run_apart
from tests.support.truth import Truth

#: Every connection to the database of this run, the one that says it excepted.
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def run(setting: Setting) -> list[Finding]:
    # A server of its own, as durable as a real one: this one is killed.
    server = PostgresServer(durable=True)
    try:
        await asyncio.to_thread(server.start)
        url = await asyncio.to_thread(create_postgres_database, server.url)
        return await _run(structs.replace(setting, database_url=url), server)
    finally:
        await asyncio.to_thread(server.close)


async def _run(setting: Setting, server: PostgresServer) -> list[Finding]:
    kills = setting.either(2, 10)
    terminations = setting.either(5, 20)
    sends = setting.either(400, 10_000)
    faults = ["terminate"] * terminations
    for number in range(kills):
        faults.insert((number + 1) * len(faults) // (kills + 1), "kill")
    truth = Truth(setting.database_url)
    back: list[float] = []
    async with Arena(setting) as arena:
        crowd = Crowd(lambda: arena.bases)
        await crowd.gather(setting.either(6, 12))
        talking = asyncio.create_task(crowd.talk(sends, pace=0.04))
        done = 0
        while done < len(faults) and not talking.done():
            # Spread over the sends, whatever the machine makes of them.
            if _answered(crowd) * (len(faults) + 1) < sends * (done + 1):
                await asyncio.sleep(0.01)
                continue
            if faults[done] == "kill":
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            else:
                await asyncio.to_thread(run_apart, execute(setting.database_url, TERMINATE))
            done += 1
            before, since = _answered(crowd), time.monotonic()
            while _answered(crowd) == before and not talking.done():
                await asyncio.sleep(0.01)
            back.append(time.monotonic() - since)
        await talking
        converged = await crowd.converge(lambda: truth.heads(crowd.organization), seconds=30)
        ready = [await arena.ready(number) for number in range(len(arena.servers))]
        journal = await crowd.disperse()
    stored = await asyncio.to_thread(checker.read, truth, crowd.organization)
    repeated = sum(sent.attempts > 1 for sent in journal.sent)
    duplicates = sum(any(a.duplicate for a in sent.answers) for sent in journal.sent)
    return [
        Finding(
            "the server killed / every connection terminated",
            f"{kills} / {terminations}",
            f"{faults[:done].count('kill')} / {faults[:done].count('terminate')}",
            done == len(faults),
        ),
        Finding(
            "sends acknowledged in the end",
            f"{sends:,}",
            f"{_answered(crowd):,}; {repeated:,} repeated, {duplicates:,} of them stored before",
            len(journal.sent) == sends and all(sent.answers for sent in journal.sent),
        ),
        *checker.findings(journal, stored),
        at_most("the first answer after the server is there again", max(back, default=0), 5, "s"),
        at_most("every client has every message after the last send", converged, 5, "s"),
        Finding("processes that say they are ready", "2", str(sum(ready)), all(ready)),
    ]


def _answered(crowd: Crowd) -> int:
    return sum(bool(sent.answers) for sent in crowd.journal.sent)


SCENARIO = Scenario(
    name="postgresql_killed",
    title="kill -9 of PostgreSQL, and every connection terminated, during sends",
    must_hold="0 lost, 0 twice, order kept; work continues by itself within 5 s",
    engines=("postgresql",),
    run=run,
)
