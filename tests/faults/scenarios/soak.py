"""Everything at once, for as long as one likes."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from contextlib import suppress
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from tests.benchmarks.archive import Archive
from tests.benchmarks.bulk import fill
from tests.faults import checker
from tests.faults.arena import MOUNT, Arena, Usage
from tests.faults.checker import Sent
from tests.faults.crowd import Crowd, Guest, Room
from tests.faults.scenario import Finding, Scenario, Setting, none_of
from tests.faults.trend import trend
from tests.support.client import Closed
from tests.support.fault_proxy import FaultProxy
from tests.support.heap import Heap
from tests.support.people import Person, close_everybody
from tests.support.truth import Truth

#: Seconds of a soak in CI and in the report, unless ``--seconds`` says otherwise.
SMALL, FULL = 60.0, 600.0
#: Conversations that go on at the same time.
ROOMS = 6
#: From this on the slope of the memory can be extrapolated to an hour, and from this on the line
#: itself is judged, not the lower end of its interval.
LONG, AN_HOUR = 600.0, 3_000.0
#: Percent per hour.
LIMIT = 1.0
#: Messages that are there before a long one begins.
ARCHIVE = 100_000
#: In less time caches still fill: only what grows by this many bytes with every message, and
#: surely so, is taken for a leak. An event is a kilobyte, a bit more with what Python adds.
CLEAR_LEAK = 4096


class _Calm(Struct, frozen=True):
    """What a worker holds when no client is connected."""

    descriptors: int
    tasks: int


async def run(setting: Setting) -> list[Finding]:
    seconds = setting.seconds or setting.either(SMALL, FULL)
    if seconds >= LONG:
        # What a transaction touches grows with the tables until they are large; so they are from
        # the beginning.
        await asyncio.to_thread(fill, setting.database_url, Archive(ARCHIVE))
    async with (
        Arena(setting, heartbeat=2.0, presence_beat=2.0) as arena,
        FaultProxy(arena.servers[0].port) as proxy,
    ):
        soak = _Soak(setting, arena, proxy)
        await soak.go_on(seconds)
        return soak.findings(seconds)


class _Soak:
    """Rounds, each with people of its own, between which a worker is looked at that lives on
    while the other is killed time and again."""

    def __init__(self, setting: Setting, arena: Arena, proxy: FaultProxy) -> None:
        self._setting = setting
        self._arena = arena
        self._proxy = proxy
        self._truth = Truth(setting.database_url)
        self._usage = Usage(arena.pids[0])
        self._memory: list[tuple[float, float]] = []
        self._calm: list[_Calm] = []
        #: What a worker has in use when no client is connected, and when.
        self._heaps: list[tuple[float, Heap]] = []
        self._violations: list[str] = []
        self._late: list[float] = []
        self._said = 0
        #: How many of those before the memory was first looked at in earnest.
        self._said_at: list[tuple[float, int]] = []
        self._kills = 0
        self._chance = random.Random(0)
        self._crowd: Crowd | None = None
        self._deleted: list[Sent] = []

    async def go_on(self, seconds: float) -> None:
        began = time.monotonic()
        sampling = asyncio.create_task(self._sample())
        try:
            # One for nothing, and with more people than later on: what a process has needed once
            # at the same time it keeps, since what is freed in between is not given back.
            await self._round(3.0 if seconds < 120 else 20.0, rooms=3 * ROOMS)
            self._calm.clear()
            while (left := seconds - (time.monotonic() - began)) > 1:
                await self._round(min(left, 7.0 if seconds < 120 else 20.0))
        finally:
            sampling.cancel()
            await asyncio.gather(sampling, return_exceptions=True)

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            said = self._said
            if self._crowd is not None:
                said += self._crowd.acknowledged
            now = time.monotonic()
            self._memory.append((now, self._usage.memory))
            self._said_at.append((now, said))

    async def _round(self, seconds: float, *, rooms: int = ROOMS) -> None:
        arena, proxy = self._arena, self._proxy
        through = f"http://127.0.0.1:{proxy.port}{MOUNT}"
        crowd = Crowd(lambda: [through, arena.bases[1]], hears_within=4.0, rest=arena.bases[0])
        await crowd.gather(rooms)
        self._crowd, self._deleted = crowd, []
        stop = asyncio.Event()
        talking = asyncio.create_task(crowd.talk(10_000_000, pace=0.05, until=stop))
        trouble = [
            asyncio.create_task(work)
            for work in (
                self._kill(seconds),
                self._disturb(),
                self._second_thoughts(crowd),
                self._small_talk(crowd),
                self._poll(crowd),
            )
        ]
        await asyncio.sleep(seconds)
        for task in trouble[1:]:
            task.cancel()
        results = await asyncio.gather(*trouble, return_exceptions=True)
        self._violations += [repr(each) for each in results if isinstance(each, Exception)]
        proxy.heal()
        stop.set()
        await talking
        heads = lambda: self._truth.heads(crowd.organization)  # noqa: E731
        self._late.append(await crowd.converge(heads, seconds=10))
        self._said += crowd.acknowledged
        self._crowd = None
        journal = await crowd.disperse()
        close_everybody()
        stored = await asyncio.to_thread(checker.read, self._truth, crowd.organization)
        for rule in checker.findings(journal, stored):
            if not rule.holds:
                self._violations.append(f"{rule.what}: {rule.measured}")
        await self._rest()

    async def _rest(self) -> None:
        """Look at the worker once it has seen everybody off."""
        lowest: _Calm | None = None
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            for _ in range(10):
                await asyncio.sleep(0.1)
                answer = await client.get(f"{self._arena.servers[0].url}/tasks")
                now = _Calm(self._usage.descriptors, answer.json()["tasks"])
                if lowest is None or (now.tasks, now.descriptors) < (
                    lowest.tasks,
                    lowest.descriptors,
                ):
                    lowest = now
            answer = await client.get(f"{self._arena.servers[0].url}/heap")
        assert lowest is not None
        self._calm.append(lowest)
        self._heaps.append((time.monotonic(), msgspec.convert(answer.json(), Heap)))

    # What goes wrong.

    async def _kill(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 3)
        await self._arena.kill(1)
        self._kills += 1
        await asyncio.sleep(seconds / 10)
        await self._arena.start(1)
        assert self._crowd is not None
        self._crowd.go_home()

    async def _disturb(self) -> None:
        proxy, chance = self._proxy, self._chance
        while True:
            proxy.loss, proxy.delay = chance.choice([0, 0.05, 0.2]), chance.choice([0, 0.02, 0.2])
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            if chance.random() < 0.4:
                proxy.cut()

    async def _second_thoughts(self, crowd: Crowd) -> None:
        """Agents edit and delete, change statuses and assign."""
        while True:
            await asyncio.sleep(0.2)
            room = self._chance.choice(crowd.rooms)
            agent = room.guests[1]
            mine = [
                sent
                for sent in crowd.journal.sent[-200:]
                if sent.answers and sent.sender == agent.sender
            ]
            method, path, body = self._second_thought(room, mine)
            response = await self._insist(agent, method, path, body)
            if response.status_code >= 400 and response.status_code != 503:
                raise AssertionError(f"{method} {path}: {response.status_code} {response.text}")

    @staticmethod
    async def _insist(agent: Guest, method: str, path: str, body: Any) -> httpx.Response:
        """Ask until there is an answer: the way there is cut, and the worker killed, now and then.
        The key says that it is the same request."""
        headers = {"Idempotency-Key": secrets.token_hex(8)}
        while True:
            http = agent.client.person.http
            try:
                return await asyncio.to_thread(
                    http.request, method, path, json=body, headers=headers
                )
            except httpx.TransportError:
                await asyncio.sleep(0.2)

    def _second_thought(self, room: Room, mine: list[Sent]) -> tuple[str, str, Any]:
        """A request: its method, path and body."""
        kind = self._chance.choices(["edit", "delete", "change"], [4, 2, 4])[0]
        if not mine or kind == "change":
            status = self._chance.choice(["open", "pending", "resolved"])
            assignee = room.guests[1].sender.partition(":")[2]
            return (
                "PATCH",
                f"/conversations/{room.id}",
                {"status": status, "assignee_id": assignee},
            )
        sent = self._chance.choice(mine)
        path = f"/messages/{sent.answers[0].message_id}"
        if kind == "delete" and sent not in self._deleted:
            self._deleted.append(sent)
            return "DELETE", path, None
        if sent in self._deleted:
            return "PATCH", f"/conversations/{room.id}", {"status": "open"}
        return "PATCH", path, {"body": "on second thoughts"}

    async def _small_talk(self, crowd: Crowd) -> None:
        """What is never stored, and marks."""
        while True:
            await asyncio.sleep(0.05)
            room = self._chance.choice(crowd.rooms)
            guest = self._chance.choice(room.guests)
            if not guest.online:
                continue
            last = guest.client.views[room.stream].last
            for frame in (
                {"type": "typing", "conversation_id": room.id, "active": True},
                {"type": "receipt", "conversation_id": room.id, "delivered": last, "read": last},
            ):
                with suppress(Closed, AssertionError):
                    await guest.client.send(frame)

    async def _poll(self, crowd: Crowd) -> None:
        """Somebody without WebSockets, whose events have to be gapless as well."""
        room = crowd.rooms[0]
        person: Person = room.guests[1].client.person
        last = 0
        async with httpx.AsyncClient(
            base_url=f"{self._arena.bases[0]}/api/v1",
            cookies=dict(person.http.cookies),
            trust_env=False,
            timeout=30,
        ) as client:
            while True:
                answer = await client.get(
                    f"/streams/{room.stream}/events", params={"after": last, "wait": 1}
                )
                if answer.status_code != 200:
                    continue
                for event in answer.json()["events"]:
                    if event["seq"] != last + 1:
                        raise AssertionError(f"a long poll went from {last} to {event['seq']}")
                    last = event["seq"]

    # What came of it.

    def findings(self, seconds: float) -> list[Finding]:
        last = self._calm[-1]
        first = self._calm[0]
        late = max(self._late)
        return [
            Finding(
                f"violations in {self._said:,} messages, {len(self._late)} rounds, "
                f"{self._kills} kills",
                "0",
                none_of("", self._violations).measured,
                not self._violations,
            ),
            Finding(
                "every client has every message after each round",
                "≤ 5 s",
                f"{late:.2f} s",
                late <= 5,
            ),
            self._memory_finding(seconds),
            self._heap_finding(seconds),
            Finding(
                "tasks when no client is connected, first and last",
                "the same",
                f"{first.tasks}, {last.tasks}",
                last.tasks <= first.tasks,
            ),
            Finding(
                "descriptors when no client is connected, first and last",
                "the same, give or take 2",
                f"{first.descriptors}, {last.descriptors}",
                last.descriptors <= first.descriptors + 2,
            ),
        ]

    def _memory_finding(self, seconds: float) -> Finding:
        """The slope after a third of the time, which is for warming up."""
        start = self._memory[0][0] + seconds / 3
        found = trend([sample for sample in self._memory if sample[0] >= start])
        said = [count for at, count in self._said_at if at >= start]
        took = self._memory[-1][0] - start
        rate = max(1, said[-1] - said[0]) / took
        measured = (
            f"{found.mean / 2**20:.1f} MiB, "
            f"{found.per_hour:+.1f} ± {found.margin_per_hour:.1f} %/h (95 %, {took:.0f} s), "
            f"{found.slope / rate:+.0f} bytes a message"
        )
        surely = found.slope - found.margin
        if seconds >= AN_HOUR:
            limit, holds = f"≤ {LIMIT:g} %/h", found.per_hour <= LIMIT
        elif seconds >= LONG:
            limit = f"not certainly over {LIMIT:g} %/h"
            holds = 360_000 * surely / found.mean <= LIMIT
        else:
            limit = f"not certainly over {CLEAR_LEAK} bytes a message"
            holds = surely / rate <= CLEAR_LEAK
        return Finding("memory of the worker that is not killed", limit, measured, holds)

    def _heap_finding(self, seconds: float) -> Finding:
        """Where growth would come from: what is in use, not what a peak has left behind."""
        start = self._memory[0][0] + seconds / 3
        later = [(at, heap) for at, heap in self._heaps if at >= start] or self._heaps[-1:]
        first, last = later[0][1], later[-1][1]
        measured = (
            f"{first.blocks:,} and {last.blocks:,} blocks of Python's; "
            f"{first.malloc / 2**20:.2f} and {last.malloc / 2**20:.2f} MiB of malloc's"
        )
        if self._setting.engine == "sqlite":
            measured += (
                f", of them {first.sqlite / 2**20:.2f} and {last.sqlite / 2**20:.2f} MiB SQLite's"
            )
        what = "in use when no client is connected, after a third of the time and at the end"
        if seconds < AN_HOUR:
            return Finding(what, "for comparison", measured, True)
        slopes = [
            trend([(at, float(getattr(heap, name))) for at, heap in later]).per_hour
            for name in ("blocks", "malloc")
            # The C library may not tell.
            if getattr(last, name)
        ]
        measured += f": {' and '.join(f'{slope:+.1f}' for slope in slopes)} %/h"
        return Finding(what, f"≤ {LIMIT:g} %/h", measured, max(slopes) <= LIMIT)


SCENARIO = Scenario(
    name="soak",
    title="most faults at once, for a long time",
    must_hold="memory slope under 1 %/h; descriptors and tasks flat; 0 violations",
    buses=("automatic", "redis"),
    small=(("sqlite", "automatic"),),
    run=run,
)
