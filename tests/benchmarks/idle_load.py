"""The load of ``idle``: thousands of sockets that mostly wait, then messages among them.

Messages are sent at fixed moments, whatever became of the earlier ones, and their time counts from
the moment they were due (an open loop). ``python -m tests.benchmarks.idle_load <plan.json>`` writes
a line of JSON after each step and reads a line before the next.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from tests.benchmarks.load import Kind
from tests.benchmarks.wire import Link, Seat, connect, percentile

#: Seconds after the last message for which late ones are waited for.
PATIENCE = 60.0
#: Connections that are being opened at a time.
AT_ONCE = 50


class Plan(msgspec.Struct):
    """
    Attributes:
        rate: Messages per second, among all pairs.
        seconds: For how long.
    """

    kind: Kind
    pairs: list[tuple[Seat, Seat]]
    rate: float
    seconds: float


class Connected(msgspec.Struct):
    """Connections that were opened and greeted, and how many a second."""

    count: int
    rate: float


class Delivered(msgspec.Struct):
    """Milliseconds from when a message was due until the other side had it.

    Attributes:
        lost: Messages that never arrived, or whose sender was told of an error.
        lag_p99: How late the generator itself was.
    """

    sent: int
    lost: int
    p50: float
    p99: float
    worst: float
    lag_p99: float


class IdleLoad:
    """Runs a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.errors = 0
        #: When each message under way was due, by the socket that is to get it.
        self.due: dict[Link, dict[bytes, float]] = {}
        self.delays: list[float] = []
        self.lags: list[float] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, sys.stdin.readline)
        began = time.perf_counter()
        # One side after the other, as in ``load``.
        ones = await connect([pair[0] for pair in self.plan.pairs], self.take, at_once=AT_ONCE)
        others = await connect([pair[1] for pair in self.plan.pairs], self.take, at_once=AT_ONCE)
        took = time.perf_counter() - began
        for one, other in zip(ones, others, strict=True):
            one.peer, other.peer = other, one
        links = ones + others
        _say(Connected(len(links), len(links) / took))
        await loop.run_in_executor(None, sys.stdin.readline)
        if self.plan.rate:
            _say(await self.talk(links))
            await loop.run_in_executor(None, sys.stdin.readline)
        for link in links:
            link.close()

    async def talk(self, links: list[Link]) -> Delivered:
        chance = random.Random(1)
        count = int(self.plan.rate * self.plan.seconds)
        chosen = [chance.choice(links) for _ in range(count)]
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(link.prove() for link in set(chosen[start : start + AT_ONCE])))
        began = time.perf_counter()
        for number, link in enumerate(chosen):
            due = began + number / self.plan.rate
            while (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            if link.peer is None:
                continue
            text = link.seat.message % link.next_id()
            self.due.setdefault(link.peer, {})[link.current] = due
            self.lags.append(time.perf_counter() - due)
            link.send(text)
            if number % 16 == 0:
                await asyncio.sleep(0)
        deadline = time.perf_counter() + PATIENCE
        while any(self.due.values()) and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        missing = sum(map(len, self.due.values()))
        return Delivered(
            sent=count,
            lost=missing + self.errors,
            p50=percentile(self.delays, 0.5),
            p99=percentile(self.delays, 0.99),
            worst=percentile(self.delays, 1.0),
            lag_p99=percentile(self.lags, 0.99),
        )

    def take(self, link: Link, text: bytes) -> None:
        if self.plan.kind == "socketio" and text == b"2":
            link.send("3")
        elif text.startswith(b'{"type":"error"'):
            self.errors += 1
        waiting = self.due.get(link)
        if waiting:
            now = time.perf_counter()
            for client_id in list(waiting):
                if client_id in text:
                    self.delays.append(now - waiting.pop(client_id))


def _say(what: msgspec.Struct) -> None:
    print(json.dumps(msgspec.to_builtins(what)), flush=True)


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    uvloop.run(IdleLoad(plan).run())


if __name__ == "__main__":
    main()
