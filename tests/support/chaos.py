"""A bus between Campfires that loses, doubles and reorders on demand.

Those in one process share an :class:`Air`; those in others breathe it through an :class:`AirPort`,
under the URL ``air://127.0.0.1:<port>``.
"""

from __future__ import annotations

import asyncio
import random
from typing import Literal, Protocol
from urllib.parse import urlsplit

from campfire_chat.realtime.buses.backend import Backend
from campfire_chat.realtime.buses.kinds import Kind

Mood = Literal["faithful", "deaf", "stutter", "shuffle"]


class Ear(Protocol):
    """What hears the air."""

    def hear(self, channel: str, message: str) -> None: ...


class Air:
    """What the backends share: everybody's messages pass through it, in its current mood."""

    def __init__(self, seed: int = 0) -> None:
        self.mood: Mood = "faithful"
        self.passed = 0
        self.lost = 0
        self._random = random.Random(seed)
        self.ears: list[Ear] = []
        self._late: list[tuple[Ear, str, str]] = []

    @property
    def kind(self) -> Kind:
        """The kind of bus whose every backend is in this air."""
        return Kind("air", lambda _: _Ear(self))

    def carry(self, channel: str, message: str) -> None:
        for ear in list(self.ears):
            match self.mood:
                case "faithful":
                    ear.hear(channel, message)
                case "deaf":
                    self.lost += 1
                    continue
                case "stutter":
                    ear.hear(channel, message)
                    ear.hear(channel, message)
                case "shuffle":
                    self._late.append((ear, channel, message))
            self.passed += 1
        if len(self._late) > 4:
            self._random.shuffle(self._late)
            late, self._late = self._late, []
            for ear, name, text in late:
                ear.hear(name, text)


class _Ear(Backend):
    """One process's end of it. Messages are put in from other threads' loops as well."""

    def __init__(self, air: Air) -> None:
        super().__init__()
        self._air = air
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def listen(self, channel: str) -> None:
        self._air.ears.append(self)

    async def publish(self, channel: str, message: str) -> None:
        self._air.carry(channel, message)

    async def close(self) -> None:
        self._loop = None
        if self in self._air.ears:
            self._air.ears.remove(self)

    def hear(self, channel: str, message: str) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.receive, channel, message)


class AirPort:
    """An air for Campfires in other processes: ``async with AirPort(air) as url``."""

    def __init__(self, air: Air) -> None:
        self._air = air
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"air://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ear = _FarEar(writer)
        self._writers.add(writer)
        try:
            channel = (await reader.readline()).decode().rstrip("\n")
            self._air.ears.append(ear)
            while line := await reader.readline():
                self._air.carry(channel, line.decode().rstrip("\n"))
        except OSError:
            # The process was killed.
            pass
        finally:
            self._writers.discard(writer)
            if ear in self._air.ears:
                self._air.ears.remove(ear)
            writer.close()


class _FarEar:
    """The end of a process at the other side of a port."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def hear(self, _: str, message: str) -> None:
        if not self._writer.is_closing():
            self._writer.write(f"{message}\n".encode())


class WiredBackend(Backend):
    """A bus in the air of another process; ``url`` is what its :class:`AirPort` gave."""

    def __init__(self, url: str) -> None:
        super().__init__()
        parts = urlsplit(url)
        self._address = (parts.hostname, parts.port)
        self._channel = ""
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(*self._address)

    async def listen(self, channel: str) -> None:
        self._channel = channel
        await self.publish(channel, channel)
        self._task = asyncio.create_task(self._listen())

    async def publish(self, channel: str, message: str) -> None:
        assert self._writer is not None
        self._writer.write(f"{message}\n".encode())
        await self._writer.drain()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._writer is not None:
            self._writer.close()

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                self.receive(self._channel, line.decode().rstrip("\n"))
        except OSError as error:
            self.fail(error)
        else:
            self.fail("the air is gone")


#: For workers, which are told ``air://…`` as their bus.
AIR = Kind("air", WiredBackend)
