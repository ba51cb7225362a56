"""The load generator: pairs of sockets that talk to each other, each with one message under way.

It runs in a process of its own and has a WebSocket client of its own, which knows just enough
(RFC 6455, unfragmented text, a mask of zeros) not to be what is measured; against a bare echo
server it says how far it can go.

``python -m tests.benchmarks.load <plan.json>`` prints the result as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
import uvloop

BODY = "The kettle that I ordered on Monday has not arrived yet; where is it? " + "x" * 30


class Seat(msgspec.Struct):
    """One side of a pair: where it connects and what it says first."""

    path: str
    headers: dict[str, str]
    greetings: list[str]
    #: What its messages look like; ``%s`` is the client id.
    message: str


class Plan(msgspec.Struct):
    """What to do.

    Attributes:
        kind: How answers look: see ``_CLASSIFY``.
        pairs: The two sides of each conversation.
        warm_up: Seconds before measuring.
        seconds: Seconds of measuring.
    """

    kind: Literal["echo", "campfire", "broadcast", "socketio"]
    port: int
    pairs: list[tuple[Seat, Seat]]
    warm_up: float
    seconds: float


class Result(msgspec.Struct):
    """Messages per second, and milliseconds: from sending to the own answer, and to the other."""

    rate: float
    ok_p50: float
    ok_p99: float
    delivery_p50: float
    delivery_p99: float
    messages: int


class Link(asyncio.Protocol):
    """One WebSocket connection."""

    def __init__(self, seat: Seat, on_text: Callable[[Link, bytes], None]) -> None:
        self.seat = seat
        self.peer: Link | None = None
        self.name = ""
        self.count = 0
        self.sent_at = 0.0
        self.acknowledged = True
        self.delivered = True
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ready = asyncio.Event()
        self._on_text = on_text
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {
            "Host": "127.0.0.1",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            **self.seat.headers,
        }
        lines = [f"GET {self.seat.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        if not self.open.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.open.set_exception(RuntimeError(head.decode()))
                return
            self.open.set_result(None)
        position, end = 0, len(data)
        while end - position >= 2:
            size, start = data[position + 1], position + 2
            if size == 126:
                if end - position < 4:
                    break
                size, start = int.from_bytes(data[start : start + 2]), start + 2
            elif size == 127:
                if end - position < 10:
                    break
                size, start = int.from_bytes(data[start : start + 8]), start + 8
            if end < start + size:
                break
            opcode = data[position] & 0x0F
            position = start + size
            if opcode == 1:
                self._on_text(self, data[start:position])
            elif opcode == 8:
                raise SystemExit(f"the server closed: {data[start:position]!r}")
        self._buffer = data[position:]

    def send(self, text: str) -> None:
        data = text.encode()
        size = len(data)
        head = bytes((0x81, 0x80 | size)) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
        self._transport.write(head + b"\x00\x00\x00\x00" + data)

    def close(self) -> None:
        self._transport.abort()


class Load:
    """Runs a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ok: list[float] = []
        self.delivery: list[float] = []
        self.messages = 0
        self.measuring = False

    async def run(self) -> Result:
        loop = asyncio.get_running_loop()
        take = getattr(self, f"_{self.plan.kind}")
        links: list[Link] = []
        for number, seats in enumerate(self.plan.pairs):
            pair: list[Link] = []
            for side, seat in zip("va", seats, strict=True):
                _, link = await loop.create_connection(
                    lambda seat=seat: Link(seat, take), "127.0.0.1", self.plan.port
                )
                await link.open
                link.name = f"{side}{number}-"
                for greeting in seat.greetings:
                    link.send(greeting)
                pair.append(link)
            pair[0].peer, pair[1].peer = pair[1], pair[0]
            links += pair
        await asyncio.sleep(1.0)
        for link in links:
            self._next(link)
        await asyncio.sleep(self.plan.warm_up)
        self.measuring = True
        began = time.perf_counter()
        await asyncio.sleep(self.plan.seconds)
        self.measuring = False
        took = time.perf_counter() - began
        for link in links:
            link.close()
        if not self.messages:
            raise SystemExit("nothing was delivered")
        return Result(
            rate=self.messages / took,
            ok_p50=_percentile(self.ok, 0.5),
            ok_p99=_percentile(self.ok, 0.99),
            delivery_p50=_percentile(self.delivery, 0.5),
            delivery_p99=_percentile(self.delivery, 0.99),
            messages=self.messages,
        )

    def _next(self, link: Link) -> None:
        link.count += 1
        link.acknowledged = link.delivered = False
        link.sent_at = time.perf_counter()
        link.send(link.seat.message % f"{link.name}{link.count}")

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
        link.acknowledged = True
        self._delivered(link)
        if self.measuring:
            self.ok.append(self.delivery[-1])

    def _campfire(self, link: Link, text: bytes) -> None:
        if text.startswith(b'{"type":"ok"'):
            # Answers to "subscribe" have the id "s".
            if b'"id":"s"' not in text:
                self._acknowledged(link)
        elif text.startswith(b'{"type":"error"'):
            raise SystemExit(text.decode())
        elif text.startswith(b'{"type":"event"'):
            self._shown(link, text)

    def _broadcast(self, link: Link, text: bytes) -> None:
        self._shown(link, text, acknowledge=True)

    def _socketio(self, link: Link, text: bytes) -> None:
        if text == b"2":
            link.send("3")
        elif text.startswith(b"42"):
            self._shown(link, text, acknowledge=True)

    def _shown(self, link: Link, text: bytes, *, acknowledge: bool = False) -> None:
        """A message on a socket: the other side's, or the own one coming back."""
        peer = link.peer
        if peer is None:
            return
        if b'"client_id":"' + peer.name.encode() in text:
            self._delivered(peer)
        elif acknowledge:
            self._acknowledged(link)


def _percentile(values: list[float], share: float) -> float:
    """Milliseconds below which that share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    result = uvloop.run(Load(plan).run())
    print(json.dumps(msgspec.to_builtins(result)))


if __name__ == "__main__":
    main()
