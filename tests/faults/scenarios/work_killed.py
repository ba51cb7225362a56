"""Workers die in the middle of jobs, schedules and hooks, again and again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiosqlite
import asyncpg
from msgspec import UNSET

from campfire_chat import Agent, Visitor
from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.core import clock
from campfire_chat.database.host_connection import HostConnection
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.jobs import deferral, tables
from tests.faults import errands
from tests.faults.scenario import Finding, Scenario, Setting, at_most, none_of
from tests.support import host
from tests.support.servers import ROOT
from tests.support.store import Store
from tests.support.truth import Truth

ADA = host.agent_actor(Agent(id="ada", name="Ada"))
ORGANIZATION = "default"
HOUR = 3600 * clock.SECOND
#: Conversations that are begun and snoozed side by side.
AT_ONCE = 50
#: Errands in one transaction.
IN_ONE = 20
#: Seconds after the last kill in which everything has to be done.
PATIENCE = 60.0
#: Crockford's base 32, in which ids say the millisecond of their making.
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


class Workers:
    """Two processes that do the jobs; whichever is killed is started again."""

    def __init__(self, setting: Setting) -> None:
        self.notes = setting.folder / "notes"
        environment = {host.DATABASE_URL: setting.database_url, errands.NOTES: str(self.notes)}
        if not setting.full:
            environment[errands.LEASE] = "1"
        self._environment = {**os.environ, **environment}
        self._processes: list[subprocess.Popen[bytes]] = []

    async def start(self) -> None:
        self._processes += [await asyncio.to_thread(self._begin) for _ in range(2)]

    def _begin(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [
                Path(sys.executable).with_name("campfire-chat"),
                *("worker", "tests.faults.errands:campfire"),
            ],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        # From here on it knows what SIGTERM means.
        assert process.stdout.readline().startswith(b"Doing the jobs")
        return process

    async def kill_oldest(self) -> None:
        victim = self._processes.pop(0)
        victim.kill()
        await asyncio.to_thread(victim.communicate, timeout=30)
        self._processes.append(await asyncio.to_thread(self._begin))

    async def end(self) -> list[int]:
        """Their exit codes."""
        for process in self._processes:
            process.terminate()
        ended = [process.wait for process in self._processes]
        return [await asyncio.to_thread(wait, 30) for wait in ended]

    def abandon(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate(timeout=30)

    def noted(self, what: str) -> list[tuple[str, str]]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        words = [line.split(" ") for line in lines]
        return [(first, second) for kind, first, second in words if kind == what]


async def run(setting: Setting) -> list[Finding]:
    kills = setting.either(4, 20)
    # Half of the jobs change the database, the other half call somebody else.
    each = setting.either(100, 2_500)
    truth = Truth(setting.database_url)
    workers = Workers(setting)
    # The clock of whoever snoozes is an hour behind, so that every snooze has ended already.
    campfire = host.campfire_for(
        setting.database_url,
        clock=lambda: clock.now() - HOUR,
        work="elsewhere",
        drain_on_signal=False,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(campfire.lifespan())
        stack.callback(workers.abandon)
        # Both know the hook and the schedules before the first job is made.
        await workers.start()
        began = clock.now()
        giving = asyncio.gather(_snooze(Store.of(campfire), each), _send_errands(setting, each))
        killed = time.monotonic()
        for number in range(kills):
            # Each dies at another point of the work, not at a time: in turn of the errands and of
            # the snoozes.
            wanted = each * (number + 1) // (kills + 1)
            async with asyncio.timeout(600):
                while (_woken(truth) if number % 2 else len(set(workers.noted("errand")))) < wanted:
                    await asyncio.sleep(0.05)
            killed = time.monotonic()
            await workers.kill_oldest()
        conversations, _ = await giving
        in_time = await _done(truth, workers, each, conversations)
        took = time.monotonic() - killed
        ended_at = clock.now()
        codes = await workers.end()
    streams = truth.streams(ORGANIZATION)
    woken = Counter(
        event["stream"].partition(":")[2]
        for events in streams.values()
        for event in events
        if event["event"] == "conversation.status_changed"
        and event["data"]["status"] == "open"
        and event["stream"].startswith("conversation:")
    )
    return [
        Finding("workers killed while they work", str(kills), str(kills), True),
        at_most("everything done after the last kill", took, PATIENCE, "s"),
        none_of("jobs that are left", [] if in_time else _left(truth)),
        none_of(
            "snoozes that ended not at all, or more than once",
            [name for name in conversations if woken[name] != 1],
        ),
        none_of(
            "streams with a gap",
            [
                name
                for name, events in streams.items()
                if [event["seq"] for event in events] != list(range(1, len(events) + 1))
            ],
        ),
        *_outside_calls(workers, each),
        *_ticks(workers, began, ended_at, complete=setting.full),
        *_hooked(truth, workers),
        Finding("exit codes after SIGTERM", "0, 0", ", ".join(map(str, codes)), codes == [0, 0]),
    ]


async def _snooze(store: Store, count: int) -> list[str]:
    """Conversations whose snoozes have ended by the time that a worker looks."""
    until = clock.now() - HOUR // 2
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> str:
        async with turn:
            visitor = actor_of_visitor(Visitor(id=f"v{number}", name=f"V{number}"))
            opened, _ = await store.conversations.open(visitor, client_id="a", body="Hello")
            patch = Patch(status=Status.SNOOZED, snoozed_until=until)
            await store.conversations.change(ADA, opened.id, patch, UNSET)
            return opened.id

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def _send_errands(setting: Setting, count: int) -> None:
    """Jobs that a host app puts into its own transactions; every other transaction is undone."""
    for first in range(0, count, IN_ONE):
        numbers = range(first, first + IN_ONE)
        await _in_transaction(setting, [*numbers], keep=True)
        await _in_transaction(setting, [-1 - number for number in numbers], keep=False)


async def _in_transaction(setting: Setting, numbers: Sequence[int], *, keep: bool) -> None:
    kind, now = errands.ERRAND, clock.now()
    rows = [
        deferral.row(ORGANIZATION, kind.name, kind.encode(errands.Errand(number)), now)
        for number in numbers
    ]
    if setting.engine == "sqlite":
        path = setting.database_url.removeprefix("sqlite:///")
        async with aiosqlite.connect(path, timeout=30) as connection:
            for row in rows:
                await HostConnection(connection).insert(tables.jobs, row)
            await (connection.commit() if keep else connection.rollback())
        return
    connection = await asyncpg.connect(setting.database_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        for row in rows:
            await HostConnection(connection).insert(tables.jobs, row)
        await (transaction.commit() if keep else transaction.rollback())
    finally:
        await connection.close()


def _woken(truth: Truth) -> int:
    rows = truth.query(
        "SELECT count(*) FROM campfire_events WHERE event = 'conversation.status_changed' "
        """AND stream LIKE 'conversation:%' AND payload LIKE '%"status":"open"%'"""
    )
    return int(rows[0][0])


def _left(truth: Truth) -> list[str]:
    rows = truth.query(
        "SELECT kind, attempts, error FROM campfire_jobs "
        "WHERE kind IN ('conversation.wake', 'errand.call')"
    )
    return [" ".join(map(str, row)) for row in rows]


async def _done(truth: Truth, workers: Workers, each: int, conversations: list[str]) -> bool:
    """Waits for the end of all jobs and calls; whether it comes within :data:`PATIENCE`."""
    wanted = 2 * len(conversations)
    try:
        async with asyncio.timeout(PATIENCE):
            while (
                _left(truth)
                or len(set(workers.noted("errand"))) < each
                or len(set(workers.noted("event"))) < wanted
            ):
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    return True


def _outside_calls(workers: Workers, each: int) -> list[Finding]:
    ids: dict[str, set[str]] = defaultdict(set)
    for number, job in workers.noted("errand"):
        ids[number].add(job)
    calls = len(workers.noted("errand"))
    return [
        Finding(
            "errands that were run, of committed transactions",
            f"all of {each:,}, each at least once",
            f"{len(ids):,}, in {calls:,} calls",
            {int(number) for number in ids} >= set(range(each)),
        ),
        none_of("errands of undone transactions", [number for number in ids if int(number) < 0]),
        none_of(
            "errands that came under more than one id",
            [number for number, jobs in ids.items() if len(jobs) > 1],
        ),
    ]


def _ticks(workers: Workers, began: int, ended: int, *, complete: bool) -> list[Finding]:
    """A job of a schedule is made when its slot begins, and its id says when that was.

    Args:
        complete: Whether each slot has to come. Where other tests use the machine as well, both
            workers may stand still for longer than a slot.
    """
    jobs: dict[int, set[str]] = defaultdict(set)
    for every, job in workers.noted("tick"):
        jobs[int(every)].add(job)
    twice: list[str] = []
    missed: list[str] = []
    ticks = 0
    for every in errands.SCHEDULES:
        length = every * 1000
        slots = Counter(_made_at(job) // length for job in jobs[every])
        ticks += len(slots)
        twice += [f"{slot} of {every} s" for slot, count in slots.items() if count > 1]
        # The first and the last one may be cut off by the beginning and the end of the test.
        wanted = range(began // 1000 // length + 2, ended // 1000 // length - 1)
        missed += [f"{slot} of {every} s" for slot in wanted if slot not in slots]
    found = [
        none_of(f"slots of {len(errands.SCHEDULES)} schedules that came twice, of {ticks}", twice)
    ]
    return [*found, none_of("slots that never came", missed)] if complete else found


def _made_at(job: str) -> int:
    """Milliseconds since 1970."""
    number = 0
    for digit in job.partition("_")[2][:10]:
        number = number * 32 + DIGITS.index(digit)
    return number


def _hooked(truth: Truth, workers: Workers) -> list[Finding]:
    called = workers.noted("event")
    wanted = {
        (ORGANIZATION, f"{stream}#{seq}")
        for stream, seq in truth.query(
            "SELECT stream, seq FROM campfire_events WHERE org_id = ? AND event = ?",
            *(ORGANIZATION, "conversation.status_changed"),
        )
    }
    latest: dict[str, int] = {}
    disordered: list[str] = []
    for _, event in dict.fromkeys(called):
        stream, _, seq = event.partition("#")
        if int(seq) < latest.get(stream, 0):
            disordered.append(event)
        latest[stream] = int(seq)
    return [
        Finding(
            "events that the hook was called for",
            f"all of {len(wanted):,}, each at least once",
            f"{len(set(called)):,}, in {len(called):,} calls",
            set(called) == wanted,
        ),
        none_of("first calls of a conversation out of order", disordered),
    ]


SCENARIO = Scenario(
    name="work_killed",
    title="kill -9 of one of two workers during jobs, schedules and hooks",
    must_hold="effects exactly once; calls at least once, each under one id; every slot once; "
    "nothing stuck after a minute",
    run=run,
)
