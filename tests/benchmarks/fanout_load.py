"""The load of ``fanout``: one sender, and hundreds of sockets that get everything.

First at a fixed pace, which says how long delivery takes, then as fast as the slowest listener
allows, which says how much is possible. ``python -m tests.benchmarks.fanout_load <plan.json>``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from tests.benchmarks.wire import Link, Seat, connect, percentile

#: Seconds for which a message may take to reach everybody.
PATIENCE = 60.0


class Plan(msgspec.Struct):
    """
    Attributes:
        rate: Messages per second at the fixed pace.
        seconds: For how long, of either.
    """

    sender: Seat
    listeners: list[Seat]
    rate: float
    seconds: float


class Result(msgspec.Struct):
    """Milliseconds from when a message was due until a listener had it, over all of them.

    Attributes:
        last_p50: The same, for the last listener of each message.
        events: Messages per second that reached every listener, as fast as it goes.
    """

    p50: float
    p99: float
    last_p50: float
    events: float
    lost: int


class FanoutLoad:
    """Runs a plan. A message carries its number as ``#00000042;``."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.due: dict[int, float] = {}
        self.missing: dict[int, int] = {}
        self.delays: list[float] = []
        self.last: list[float] = []
        self.reached = asyncio.Event()

    async def run(self) -> Result:
        plan = self.plan
        # The first alone, for the same reason as in ``load``.
        sender = (await connect([plan.sender], _ignore))[0]
        await asyncio.sleep(0.3)
        listeners = await connect(plan.listeners, self.take)
        await asyncio.sleep(1.0)
        count = int(plan.rate * plan.seconds)
        began = time.perf_counter()
        for number in range(count):
            due = began + number / plan.rate
            while (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            self.send(sender, number, due)
        await self.settled()
        lost = sum(self.missing.values())
        p50, p99 = percentile(self.delays, 0.5), percentile(self.delays, 0.99)
        last_p50 = percentile(self.last, 0.5)
        self.missing.clear()
        number = count
        began = time.perf_counter()
        while time.perf_counter() - began < plan.seconds:
            self.send(sender, number, time.perf_counter())
            number += 1
            await self.settled()
        events = (number - count) / (time.perf_counter() - began)
        for link in [*listeners, sender]:
            link.close()
        return Result(
            p50=p50, p99=p99, last_p50=last_p50, events=events, lost=lost + len(self.missing)
        )

    def send(self, sender: Link, number: int, due: float) -> None:
        self.due[number] = due
        self.missing[number] = len(self.plan.listeners)
        text = sender.seat.message % sender.next_id()
        sender.send(text.replace("#00000000;", f"#{number:08};"))

    async def settled(self) -> None:
        """Every message has reached everybody, or it takes too long."""
        try:
            async with asyncio.timeout(PATIENCE):
                while self.missing:
                    self.reached.clear()
                    await self.reached.wait()
        except TimeoutError:
            return

    def take(self, link: Link, text: bytes) -> None:
        position = text.find(b"#")
        while position >= 0:
            if text[position + 9 : position + 10] == b";":
                self.got(int(text[position + 1 : position + 9]))
                return
            position = text.find(b"#", position + 1)

    def got(self, number: int) -> None:
        left = self.missing.get(number)
        if left is None:
            return
        delay = time.perf_counter() - self.due[number]
        self.delays.append(delay)
        if left > 1:
            self.missing[number] = left - 1
            return
        del self.missing[number]
        self.last.append(delay)
        self.reached.set()


def _ignore(link: Link, text: bytes) -> None:
    """The sender only sends."""


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    print(json.dumps(msgspec.to_builtins(uvloop.run(FanoutLoad(plan).run()))))


if __name__ == "__main__":
    main()
