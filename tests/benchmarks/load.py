"""The load of ``messages``: pairs of sockets that talk to each other in a closed loop.

Every socket has one message under way, and sends the next when it has its answer and the other
side has the message. ``python -m tests.benchmarks.load <plan.json>`` prints the result as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Literal

import msgspec
import uvloop

from tests.benchmarks.cpu import busy_seconds, cpu_seconds
from tests.benchmarks.wire import Link, Seat, connect, percentile

BODY = "The kettle that I ordered on Monday has not arrived yet; where is it? " + "x" * 30

Kind = Literal["echo", "campfire", "rooms", "socketio"]


class Plan(msgspec.Struct):
    """What to do.

    Attributes:
        kind: How answers look.
        pairs: The two sides of each conversation.
        pids: The servers' processes.
        warm_up: Seconds before measuring.
        seconds: Seconds of measuring.
    """

    kind: Kind
    pairs: list[tuple[Seat, Seat]]
    pids: list[int]
    warm_up: float
    seconds: float


class Result(msgspec.Struct):
    """Messages per second, and milliseconds: from sending to the own answer, and to the other.

    Attributes:
        cpu: Microseconds of CPU that the servers used for each message.
        own_cpu: Cores that the load generator itself kept busy while measuring.
        machine: The share of all cores that was busy, with databases and everything else.
    """

    rate: float
    ok_p50: float
    ok_p99: float
    delivery_p50: float
    delivery_p99: float
    messages: int
    cpu: float
    own_cpu: float
    machine: float


class Load:
    """Runs a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ok: list[float] = []
        self.delivery: list[float] = []
        self.messages = 0
        self.measuring = False

    async def run(self) -> Result:
        take = getattr(self, f"_{self.plan.kind}")
        # One side after the other: of two first subscribers at once, broadcaster's Redis backend
        # leaves one deaf.
        ones = await connect([pair[0] for pair in self.plan.pairs], take)
        await asyncio.sleep(0.3)
        others = await connect([pair[1] for pair in self.plan.pairs], take)
        for one, other in zip(ones, others, strict=True):
            one.peer, other.peer = other, one
        links = ones + others
        await asyncio.sleep(0.5)
        for link in links:
            self._next(link)
        await asyncio.sleep(self.plan.warm_up)
        self.measuring = True
        began, own, servers = time.perf_counter(), time.process_time(), cpu_seconds(self.plan.pids)
        machine = busy_seconds()
        await asyncio.sleep(self.plan.seconds)
        self.measuring = False
        took, own = time.perf_counter() - began, time.process_time() - own
        servers = cpu_seconds(self.plan.pids) - servers
        machine = busy_seconds() - machine
        for link in links:
            link.close()
        if not self.messages:
            raise SystemExit("nothing was delivered")
        return Result(
            rate=self.messages / took,
            ok_p50=percentile(self.ok, 0.5),
            ok_p99=percentile(self.ok, 0.99),
            delivery_p50=percentile(self.delivery, 0.5),
            delivery_p99=percentile(self.delivery, 0.99),
            messages=self.messages,
            cpu=1e6 * servers / self.messages,
            own_cpu=own / took,
            machine=machine / took / (os.cpu_count() or 1),
        )

    def _next(self, link: Link) -> None:
        link.acknowledged = link.delivered = False
        text = link.seat.message % link.next_id()
        link.sent_at = time.perf_counter()
        link.send(text)

    def _acknowledged(self, link: Link) -> None:
        if self.measuring:
            self.ok.append(time.perf_counter() - link.sent_at)
        link.acknowledged = True
        if link.delivered:
            self._next(link)

    def _delivered(self, link: Link) -> None:
        """``link``'s message has reached the other side."""
        if self.measuring:
            self.messages += 1
            self.delivery.append(time.perf_counter() - link.sent_at)
        link.delivered = True
        if link.acknowledged:
            self._next(link)

    # How the answers of each kind of server look.

    def _echo(self, link: Link, _: bytes) -> None:
        if self.measuring:
            self.ok.append(time.perf_counter() - link.sent_at)
        link.acknowledged = True
        self._delivered(link)

    def _campfire(self, link: Link, text: bytes) -> None:
        if text.startswith(b'{"type":"ok"'):
            self._acknowledged(link)
        elif text.startswith(b'{"type":"event"'):
            self._shown(link, text, acknowledge=False)
        elif text.startswith(b'{"type":"error"'):
            raise SystemExit(text.decode())

    def _rooms(self, link: Link, text: bytes) -> None:
        self._shown(link, text, acknowledge=True)

    def _socketio(self, link: Link, text: bytes) -> None:
        if text == b"2":
            link.send("3")
        elif text.startswith(b"42"):
            self._shown(link, text, acknowledge=True)

    def _shown(self, link: Link, text: bytes, *, acknowledge: bool) -> None:
        """A message on a socket: the other side's, or the own one coming back."""
        peer = link.peer
        if peer is not None and not peer.delivered and peer.current in text:
            self._delivered(peer)
        elif acknowledge and not link.acknowledged and link.current in text:
            self._acknowledged(link)


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    result = uvloop.run(Load(plan).run())
    print(json.dumps(msgspec.to_builtins(result)))


if __name__ == "__main__":
    main()
