"""The disk of the database fills up in the middle of the sends, and is freed again."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import structs

from tests.faults import checker
from tests.faults.arena import Arena
from tests.faults.crowd import Crowd
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.disks import SmallDisk
from tests.support.engines import with_database
from tests.support.postgres import PostgresServer, execute, run_apart, unprivileged
from tests.support.truth import Truth

#: Long enough that a few of them need new pages.
BODY = "The kettle that I ordered on Monday has not arrived yet. " * 40


@asynccontextmanager
async def _small(setting: Setting) -> AsyncIterator[tuple[Setting, SmallDisk]]:
    """The same setting with its database on a disk that can be filled."""
    async with AsyncExitStack() as stack:
        if setting.engine == "sqlite":
            disk = stack.enter_context(SmallDisk(setting.folder / "disk", megabytes=64))
            url = f"sqlite:///{disk.folder / 'campfire.db'}"
        else:
            # The tables on the small disk, the log of the server elsewhere: a server that cannot
            # write its log stops, which is another scenario.
            server = await asyncio.to_thread(lambda: PostgresServer(durable=True).start())
            stack.push_async_callback(asyncio.to_thread, server.close)
            disk = stack.enter_context(SmallDisk(server.folder / "disk", megabytes=64))
            place = disk.folder / "tables"
            place.mkdir(mode=0o700)
            if as_user := unprivileged():
                shutil.chown(place, as_user["user"], as_user["group"])
            await asyncio.to_thread(
                run_apart,
                execute(
                    server.url,
                    f"CREATE TABLESPACE small LOCATION '{place}'",
                    "CREATE DATABASE small TABLESPACE small",
                ),
            )
            url = with_database(server.url, "small")
        yield structs.replace(setting, database_url=url), disk


async def run(setting: Setting) -> list[Finding]:
    async with _small(setting) as (small, disk):
        return await _run(small, disk)


async def _run(setting: Setting, disk: SmallDisk) -> list[Finding]:
    rounds = setting.either(2, 10)
    truth = Truth(setting.database_url)
    stopped: list[float] = []
    back: list[float] = []
    async with Arena(setting) as arena:
        crowd = Crowd(lambda: arena.bases)
        await crowd.gather(setting.either(4, 12))
        enough = asyncio.Event()

        async def talk() -> None:
            async def chatter(number: int) -> None:
                room = crowd.rooms[number // 2]
                while not enough.is_set():
                    await room.guests[number % 2].say(room.id, body=BODY)
                    await asyncio.sleep(0.02)

            await asyncio.gather(*(chatter(n) for n in range(2 * len(crowd.rooms))))

        def answered() -> int:
            return sum(bool(sent.answers) for sent in crowd.journal.sent)

        talking = asyncio.create_task(talk())
        for _ in range(rounds):
            before = answered()
            await _until(lambda before=before: answered() >= before + 30)
            await asyncio.to_thread(disk.fill)
            # What still fits is taken in; then everything stands.
            since = time.monotonic()
            quiet = (answered(), time.monotonic())
            while time.monotonic() - quiet[1] < 1 and time.monotonic() - since < 20:
                await asyncio.sleep(0.02)
                if answered() != quiet[0]:
                    quiet = (answered(), time.monotonic())
            stopped.append(time.monotonic() - quiet[1])
            before = answered()
            await asyncio.to_thread(disk.free)
            since = time.monotonic()
            await _until(lambda before=before: answered() > before)
            back.append(time.monotonic() - since)
        enough.set()
        await talking
        converged = await crowd.converge(lambda: truth.heads(crowd.organization), seconds=30)
        journal = await crowd.disperse()
        stored = await asyncio.to_thread(checker.read, truth, crowd.organization)
    repeated = sum(sent.attempts > 1 for sent in journal.sent)
    return [
        Finding(
            "times that the disk was full, and nothing was acknowledged for a second",
            str(rounds),
            str(sum(seconds >= 1 for seconds in stopped)),
            all(seconds >= 1 for seconds in stopped),
        ),
        Finding(
            "sends acknowledged in the end",
            "all",
            f"{sum(bool(sent.answers) for sent in journal.sent):,} of {len(journal.sent):,}; "
            f"{repeated:,} repeated",
            repeated > 0 and all(sent.answers for sent in journal.sent),
        ),
        *checker.findings(journal, stored),
        at_most("the first answer after the disk is freed", max(back), 5, "s"),
        at_most("every client has every message after the last send", converged, 5, "s"),
    ]


async def _until(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


SCENARIO = Scenario(
    name="disk_full",
    title="the disk fills up in the middle of the sends, and is freed",
    must_hold="no false ok, no gap; work continues by itself",
    run=run,
)
