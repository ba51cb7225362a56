"""A TCP proxy that does to connections what networks do; it runs on the caller's event loop.

What it can do, all at once and changed at any time: delay, lose (as TCP shows it: a lost segment
holds up everything behind it until it was sent again), stall without a sign, reset, and reset or
silence a connection the moment a pattern of bytes comes by.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from typing import Literal
from urllib.parse import urlsplit

Way = Literal["request", "answer"]

#: Linux's smallest retransmission timeout, in seconds; it doubles with each loss in a row.
RETRANSMISSION = 0.2
LONGEST_RETRANSMISSION = 3.2

CHUNK = 16 * 1024


class FaultProxy:
    """``async with FaultProxy(port) as proxy:`` forwards ``proxy.port`` to ``port``.

    Attributes:
        delay: Seconds that everything takes longer, each way.
        loss: The share of segments that are lost and sent again.
        sprung: How often a pattern that was waited for has come by.
        connections: Connections that are open now.
        accepted: Connections that ever were.
    """

    def __init__(self, upstream: int, *, host: str = "127.0.0.1", seed: int = 0) -> None:
        self.upstream = upstream
        self.host = host
        self.port = 0
        self.delay = 0.0
        self.loss = 0.0
        self.accepted = 0
        self.sprung = 0
        self._refusing = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._random = random.Random(seed)
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._traps: list[_Trap] = []
        self._server: asyncio.Server | None = None

    @classmethod
    def before(cls, url: str) -> FaultProxy:
        """In front of the server of a URL."""
        parts = urlsplit(url)
        return cls(parts.port or 5432, host=parts.hostname or "127.0.0.1")

    def through(self, url: str) -> str:
        """A URL of the server, by way of the proxy."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}{at}127.0.0.1:{self.port}").geturl()

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connections(self) -> int:
        return len(self._pairs)

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told: half-open connections. New ones are
        accepted and never answered."""
        self._flowing.clear()

    def refuse(self) -> None:
        """Reset what is open and whatever connects from now on."""
        self._refusing = True
        self.cut()

    def heal(self) -> None:
        """Undo everything that was set."""
        self.delay = self.loss = 0.0
        self._refusing = False
        self._flowing.set()

    def cut(self) -> None:
        """Reset every connection that is open now."""
        for pair in list(self._pairs):
            pair.reset()

    def cut_at(self, pattern: bytes, *, way: Way = "answer", times: int = 1) -> asyncio.Event:
        """Reset a connection when ``pattern`` comes by, which does not get through.

        Returns:
            An event that is set once it has happened ``times`` times.
        """
        return self._set(_Trap(pattern, way, times))

    def silence_at(self, pattern: bytes, *, way: Way = "answer") -> asyncio.Event:
        """Let nothing pass on a connection, either way, from when ``pattern`` comes by on it; it
        stays open, and is silent for good.

        Returns:
            An event that is set once it has happened.
        """
        return self._set(_Trap(pattern, way, 1, reset=False))

    def _set(self, trap: _Trap) -> asyncio.Event:
        self._traps.append(trap)
        return trap.sprung

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        pair = _Pair(writer)
        try:
            if self._refusing:
                raise ConnectionRefusedError
            await self._flowing.wait()
            far_reader, pair.far = await asyncio.open_connection(self.host, self.upstream)
            self._pairs.add(pair)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, pair.far, pair, "request"))
                group.create_task(self._carry(far_reader, writer, pair, "answer"))
        except* OSError:
            # Either side has gone; so does the other.
            pass
        finally:
            self._pairs.discard(pair)
            pair.reset()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: _Pair,
        way: Way,
    ) -> None:
        """Take in what comes, and let it out when it is due."""
        loop = asyncio.get_running_loop()
        # What came, or how it ended.
        due: asyncio.Queue[tuple[float, bytes | OSError]] = asyncio.Queue(1024)

        async def take() -> None:
            clear_at = 0.0
            while True:
                try:
                    data = await reader.read(CHUNK)
                except OSError as error:
                    await due.put((clear_at, error))
                    return
                # Whatever is behind a lost segment waits until that has got through.
                clear_at = max(clear_at, loop.time() + self.delay + self._resent())
                await due.put((clear_at, data))
                if not data:
                    return

        async def let_out() -> None:
            tail = b""
            while True:
                at, data = await due.get()
                while (wait := at - loop.time()) > 0:
                    if not self.loss and not self.delay:
                        # Healed: what follows a lost segment gets through, and its
                        # acknowledgement has the lost one sent again at once (RFC 6675).
                        at = min(at, loop.time() + RETRANSMISSION)
                        wait = min(wait, RETRANSMISSION)
                    await asyncio.sleep(min(wait, RETRANSMISSION / 2))
                await self._flowing.wait()
                if pair.silent:
                    if isinstance(data, OSError) or not data:
                        return
                    continue
                if isinstance(data, OSError):
                    raise data
                if not data:
                    with contextlib.suppress(OSError):
                        writer.write_eof()
                    return
                tail = self._spring(tail, data, pair, way)
                if pair.silent:
                    continue
                writer.write(data)
                await writer.drain()

        taking = asyncio.create_task(take())
        try:
            await let_out()
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    def _resent(self) -> float:
        """Seconds until a segment gets through."""
        waited, timeout = 0.0, RETRANSMISSION
        while self.loss and self._random.random() < self.loss:
            waited += timeout
            timeout = min(2 * timeout, LONGEST_RETRANSMISSION)
        return waited

    def _spring(self, tail: bytes, data: bytes, pair: _Pair, way: Way) -> bytes:
        """Do what was asked for when a pattern comes by, which may come in pieces.

        Args:
            tail: The end of what came before.
        """
        joined, longest = tail + data, 1
        for trap in list(self._traps):
            longest = max(longest, len(trap.pattern))
            # What was complete before has come by before.
            fresh = max(0, len(tail) - len(trap.pattern) + 1)
            if trap.way == way and trap.pattern in joined[fresh:]:
                self.sprung += 1
                trap.left -= 1
                if trap.left == 0:
                    trap.sprung.set()
                    self._traps.remove(trap)
                if trap.reset:
                    pair.reset()
                    raise ConnectionResetError
                pair.silent = True
        return joined[-longest + 1 :] if longest > 1 else b""


class _Trap:
    def __init__(self, pattern: bytes, way: Way, times: int, *, reset: bool = True) -> None:
        self.pattern = pattern
        self.reset = reset
        self.way = way
        self.left = times
        self.sprung = asyncio.Event()


class _Pair:
    """The two connections of one client.

    Attributes:
        silent: Whether nothing passes any more.
    """

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.near = near
        self.silent = False
        self.far: asyncio.StreamWriter | None = None

    def reset(self) -> None:
        for writer in (self.near, self.far):
            if writer is None or writer.transport.is_closing():
                continue
            found = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                # Linger of zero: a reset instead of a goodbye.
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
