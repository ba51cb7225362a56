"""A WebSocket client that knows just enough not to be what is measured.

RFC 6455 with unfragmented text and a mask of zeros; against a bare echo server it shows how far a
load generator can go.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Seat(msgspec.Struct):
    """Where a connection goes, and what it says first.

    Attributes:
        message: What its messages look like; ``%s`` is the client id.
        ready: What is in the answer to the last greeting; empty when there is none.
        tickets: Where proofs of the host's session come from, for those who are here by it.
    """

    port: int
    path: str
    headers: dict[str, str] = {}
    greetings: list[str] = []
    message: str = ""
    ready: str = ""
    tickets: str = ""


class Link(asyncio.Protocol):
    """One connection.

    Attributes:
        ready: Done once the greetings have been answered.
        current: The client id of the message under way.
    """

    def __init__(self, seat: Seat, on_text: Callable[[Link, bytes], None]) -> None:
        self.seat = seat
        self.peer: Link | None = None
        self.current = b""
        self.count = 0
        self.sent_at = 0.0
        self.acknowledged = True
        self.delivered = True
        self.closing = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opened = False
        self._on_text = on_text
        self._ready_text = seat.ready.encode()
        self._buffer = b""
        self._transport: Any = None
        self._proving: asyncio.Task[None] | None = None
        self._id_end = f"_{int.from_bytes(os.urandom(12)):029}"

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

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(RuntimeError(f"the connection was lost: {exc!r}"))
        elif not self.closing:
            raise SystemExit(f"the server dropped a connection: {exc!r}")

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        if not self._opened:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.ready.set_exception(RuntimeError(head.decode()))
                return
            self._opened = True
            for greeting in self.seat.greetings:
                self.send(greeting)
            if not self._ready_text:
                self.ready.set_result(None)
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
                self._took(data[start:position])
            elif opcode == 9:
                self._write(0x8A, data[start:position])
            elif opcode == 8 and not self.closing:
                raise SystemExit(f"the server closed: {data[start:position]!r}")
        self._buffer = data[position:]

    def _took(self, text: bytes) -> None:
        if self.ready.done():
            if text.startswith(b'{"type":"renew_due"'):
                self._proving = asyncio.create_task(self.prove())
                return
            self._on_text(self, text)
        elif self._ready_text in text:
            self.ready.set_result(None)
        elif b'"error"' in text:
            self.ready.set_exception(RuntimeError(text.decode()))

    def next_id(self) -> str:
        """A fresh client id, which becomes the current one.

        Like those of our own browser code: the time, a count, and what is random, so that those
        of everybody sort by when they were made.
        """
        self.count += 1
        fresh = f"c_{_base36(time.time_ns() // 1_000_000)}{self.count % 10_000:04}{self._id_end}"
        self.current = fresh.encode()
        return fresh

    async def prove(self) -> None:
        """Show that the host's session is still there, as our pages do while one types; nothing
        for who is here by a token."""
        if not self.seat.tickets:
            return
        reader, writer = await asyncio.open_connection("127.0.0.1", self.seat.port)
        headers = {"Host": "127.0.0.1", **self.seat.headers, "Connection": "close"}
        headers["Content-Length"] = "0"
        lines = [f"POST {self.seat.tickets} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = await reader.read()
        writer.close()
        ticket = msgspec.json.decode(answer.partition(b"\r\n\r\n")[2])["ticket"]
        self.send(msgspec.json.encode({"type": "renew", "ticket": ticket}).decode())

    def send(self, text: str) -> None:
        self._write(0x81, text.encode())

    def _write(self, first: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            head = bytes((first, 0x80 | size))
        else:
            head = struct.pack("!BBH", first, 0xFE, size)
        self._transport.write(head + b"\x00\x00\x00\x00" + data)

    def close(self) -> None:
        self.closing = True
        self._transport.abort()


async def connect(
    seats: list[Seat], on_text: Callable[[Link, bytes], None], *, at_once: int = 50
) -> list[Link]:
    """A connection for each seat, greeted and answered, so many at a time."""
    loop = asyncio.get_running_loop()
    turn = asyncio.Semaphore(at_once)

    async def one(seat: Seat) -> Link:
        async with turn:
            _, link = await loop.create_connection(
                lambda: Link(seat, on_text), "127.0.0.1", seat.port
            )
            async with asyncio.timeout(60):
                await link.ready
            return link

    return list(await asyncio.gather(*map(one, seats)))


def percentile(values: list[float], share: float) -> float:
    """Milliseconds below which that share of the values (seconds) lies (nearest rank)."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@lru_cache(maxsize=64)
def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text
