"""One reader among many stops reading, with its connection open and a lot on its way."""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
from contextlib import AsyncExitStack
from math import inf

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults import checker
from tests.faults.arena import Arena, Usage
from tests.faults.checker import Journal, Log
from tests.faults.crowd import percentile
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.client import SUBPROTOCOL, Client, Closed
from tests.support.people import Desk, Person
from tests.support.truth import Truth

BODY = "x" * 9_000
#: Messages of the backlog that the reader asks for before it stops: more than the kernel takes
#: on for it (some 3 MiB), so that writing to it stalls at once.
BACKLOG = 900
#: Messages per second to everybody, and how long each is: enough of them for a 99th percentile,
#: and no more than the server writes to hundreds of readers with ease.
RATE = 20.0
SAID = "x" * 1_000
MEBIBYTE = 1024 * 1024


async def run(setting: Setting) -> list[Finding]:
    readers = setting.either(50, 500)
    rounds = setting.either(3, 5)
    # How long a write may take before its reader is given up; the default in the report.
    send_timeout = setting.either(1.5, 10.0)
    options = {"send_timeout": send_timeout, "presence_beat": 2.0, "heartbeat": 25.0}
    async with Arena(setting, workers=1, **options) as arena, AsyncExitStack() as stack:
        stage = _Stage(arena, setting, length=send_timeout + 2.5)
        await stage.open(stack, readers)
        # Once for nothing: what a server needs the first time is not held for anybody.
        await stage.phase(stopped=True)
        stage.forget()
        for number in range(rounds):
            # Alternating, and not always in the same order.
            for stopped in (False, True) if number % 2 else (True, False):
                await stage.phase(stopped=stopped)
        return [*await stage.findings(readers)]


class _Stage:
    """A conversation that many follow, and one more who also follows another, long one."""

    def __init__(self, arena: Arena, setting: Setting, *, length: float) -> None:
        self._arena = arena
        self._setting = setting
        self._length = length
        self._usage = Usage(arena.pids[0])
        self._truth = Truth(setting.database_url)
        self._arrivals: dict[int, list[float]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._logs: list[Log] = []
        #: Connections of others that ended.
        self._lost = 0
        self.forget()

    def forget(self) -> None:
        """Begin to measure anew."""
        #: Seconds that each message took to each reader, by round.
        self.took: dict[bool, list[list[float]]] = {True: [], False: []}
        self.memory: dict[bool, list[float]] = {True: [], False: []}
        self.closed_after: list[float] = []
        self.codes: list[int] = []
        self.resumed_after: list[float] = []

    async def open(self, stack: AsyncExitStack, readers: int) -> None:
        base = self._arena.bases[0]
        self.desk = desk = Desk(base)
        visitor = await asyncio.to_thread(desk.visitor)
        self.conversation = (await asyncio.to_thread(visitor.begin))["id"]
        backlog = (await asyncio.to_thread(visitor.begin))["id"]
        self.stream = f"conversation:{self.conversation}"
        self.backlog = f"conversation:{backlog}"
        self.sender = await stack.enter_async_context(Client(base, visitor))
        for _ in range(BACKLOG // 50):
            said = (self.sender.say(backlog, BODY) for _ in range(50))
            await asyncio.gather(*said)
        people = [desk.agent(f"reader-{number}") for number in range(readers)]
        for start in range(0, readers, 50):
            some = people[start : start + 50]
            for connection in await asyncio.gather(*(self._sit_down(p) for p in some)):
                stack.push_async_callback(connection.close)
                self._tasks.append(asyncio.create_task(self._listen(connection)))
        for task in self._tasks:
            stack.callback(task.cancel)
        self._stopping = desk.agent("stopper")
        self.watcher = await stack.enter_async_context(Client(base, desk.agent("watcher")))
        await self.watcher.subscribe(f"notes:{self.conversation}")

    async def _sit_down(self, person: Person) -> ClientConnection:
        """A connection that follows the conversation; not a strict client, of which hundreds
        would be what is measured."""
        connection = await connect(
            f"{self._arena.bases[0].replace('http', 'ws', 1)}/ws",
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            additional_headers=person.websocket_headers,
            max_size=None,
            compression=None,
            ping_interval=None,
            proxy=None,
        )
        await connection.send('{"type":"hello"}')
        subscribe = f'{{"type":"subscribe","id":"s","stream":"{self.stream}","after":1}}'
        await connection.send(subscribe)
        return connection

    async def _listen(self, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                assert isinstance(text, str)
                if text.startswith('{"type":"event"'):
                    at = text.index('"seq":') + 6
                    seq = int(text[at : text.index(",", at)])
                    self._arrivals.setdefault(seq, []).append(time.monotonic())
        except ConnectionClosed:
            self._lost += 1

    async def phase(self, *, stopped: bool) -> None:
        """A while of messages to everybody, with or without the one who does not read."""
        if stopped:
            self.stopper = Client(self._arena.bases[0], self._stopping)
            await self.stopper.connect()
            await self.stopper.subscribe(self.stream)
        # Whatever the last phase left is out of the way.
        await asyncio.sleep(0.5)
        before = self._usage.memory
        began = time.monotonic()
        leaving = asyncio.create_task(self._leaving(began)) if stopped else None
        if stopped:
            self._stop_reading()
        sent: dict[int, float] = {}
        levels: list[int] = []
        while (now := time.monotonic()) - began < self._length:
            reply = await self.sender.say(self.conversation, SAID)
            sent[reply["seq"]] = now
            if 1 < time.monotonic() - began < self._length - 2:
                # Stalled, and not closed yet.
                levels.append(self._usage.memory)
            await asyncio.sleep(1 / RATE)
        await asyncio.sleep(0.5)
        took = {seq: [at - sent[seq] for at in self._arrivals.get(seq, [])] for seq in sent}
        count, expected = sum(map(len, took.values())), len(sent) * len(self._tasks)
        if count != expected:
            raise AssertionError(f"{count} deliveries of {expected}")
        # From when it stands still: until then it reads megabytes as anybody may.
        self.took[stopped].append(
            [each for seq in sent if sent[seq] - began > 1 for each in took[seq]]
        )
        self.memory[stopped].append(statistics.median(levels) - before)
        self._arrivals.clear()
        if leaving is not None:
            # The others are told a while after the close, unless the reader is back by then.
            self.closed_after.append(await leaving)
            await self._come_back()

    def _stop_reading(self) -> None:
        connection = self.stopper._connection
        assert connection is not None
        # A phone's buffer; the kernel of a server would lend it megabytes.
        found: socket.socket = connection.transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        connection.transport.pause_reading()
        self._asking = asyncio.create_task(self._ask_for_backlog())

    async def _ask_for_backlog(self) -> None:
        """The answer is never read."""
        try:
            await self.stopper.subscribe(self.backlog)
        except (AssertionError, Closed):
            return

    async def _leaving(self, began: float) -> float:
        """Seconds until the others are told that the one who stopped has left."""
        since = len(self.watcher.frames)
        try:
            await self.watcher.until_frame(
                "presence", since=since, viewing=False, seconds=self._length + 5
            )
        except AssertionError:
            return inf
        return time.monotonic() - began

    async def _come_back(self) -> None:
        """Read on, be told, connect again and get everything."""
        connection = self.stopper._connection
        assert connection is not None
        connection.transport.resume_reading()
        try:
            self.codes.append((await self.stopper.until_close(seconds=25)).code)
        except AssertionError:
            self.codes.append(0)
        self._asking.cancel()
        await self.stopper.drop()
        began = time.monotonic()
        await self.stopper.connect()
        heads = await asyncio.to_thread(self._truth.heads, self.desk.organization)
        for stream in (self.stream, self.backlog):
            await self.stopper.until_seq(stream, heads[stream], seconds=20)
        self.resumed_after.append(time.monotonic() - began)
        await self.stopper.close()
        self._logs += [
            Log("the one who stopped", view.name, view.start, view.applied)
            for view in self.stopper.views.values()
        ]

    def _slowest(self, stopped: bool) -> float:
        """The 99th percentile, in seconds, with or without the one who does not read.

        In a short round that is its slowest message, which may have met the disk of another test.
        A stall comes in every round, so the one in the middle says whether there is any.
        """
        rounds = self.took[stopped]
        if self._setting.either(True, False):
            return statistics.median(percentile(one, 0.99) for one in rounds)
        return percentile([each for one in rounds for each in one], 0.99)

    async def findings(self, readers: int) -> list[Finding]:
        stored = await asyncio.to_thread(checker.read, self._truth, self.desk.organization)
        journal = Journal(logs=self._logs)
        # That it reached the heads of its time was waited for.
        wrong = checker.logs_are_prefixes(journal, stored)
        with_it, without = (self._slowest(stopped) for stopped in (True, False))
        held = [
            max(0.0, mine - theirs) / MEBIBYTE
            for mine, theirs in zip(self.memory[True], self.memory[False], strict=True)
        ]
        ratio = with_it / without
        # Short rounds say nothing to a tenth; only a stall of everybody is a finding there.
        limit = self._setting.either(3.0, 1.1)
        holds = ratio <= limit or with_it - without < self._setting.either(0.1, 0.0)
        numbers = f"{1000 * with_it:.1f} ms / {1000 * without:.1f} ms = {ratio:.2f}"
        return [
            Finding(
                f"p99 of {readers} others, from a second after it stopped, with / without",
                f"≤ {limit:g} ×",
                numbers,
                holds,
            ),
            at_most("socket closed, and the others told", max(self.closed_after), 15, "s"),
            # A close frame comes after what the kernel holds already, if there is room for it.
            Finding(
                "closed with",
                "4470, or 1006 where the frame found no room",
                ", ".join(map(str, self.codes)),
                set(self.codes) <= {4470, 1006},
            ),
            at_most(
                "memory held for it, median of rounds",
                statistics.median(held),
                self._setting.either(4, 2),
                "MiB",
            ),
            Finding(
                f"resumed with every message, {BACKLOG * len(BODY) / MEBIBYTE:.0f} MiB of backlog",
                "complete and in order",
                "; ".join(wrong) or f"complete, {max(self.resumed_after):.1f} s",
                not wrong,
            ),
            Finding("others closed", "0", str(self._lost), self._lost == 0),
        ]


SCENARIO = Scenario(
    name="stopped_reader",
    title="one of many readers stops",
    must_hold=(
        "the others' p99 at most 10 % up; closed within 15 s; at most 2 MiB held for it; "
        "it catches up completely"
    ),
    small=(("sqlite", "automatic"),),
    run=run,
)
