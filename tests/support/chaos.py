"""A bus between several Campfires in one process that loses, doubles and reorders on demand."""

from __future__ import annotations

import asyncio
import random
from typing import Any, Literal

from broadcaster import Broadcast, BroadcastBackend, Event

Mood = Literal["faithful", "deaf", "stutter", "shuffle"]


class Air:
    """What the backends share: everybody's messages pass through it, in its current mood."""

    def __init__(self, seed: int = 0) -> None:
        self.mood: Mood = "faithful"
        self.passed = 0
        self.lost = 0
        self._random = random.Random(seed)
        self._ears: list[_Ear] = []
        self._late: list[tuple[_Ear, str, str]] = []

    def broadcast(self) -> Broadcast:
        """A ``Broadcast`` in this air."""
        ear = _Ear(self)
        self._ears.append(ear)
        return Broadcast(backend=ear)

    def carry(self, channel: str, message: str) -> None:
        for ear in self._ears:
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


class _Ear(BroadcastBackend):
    """One process's end of it. Events are put in from other threads' loops as well."""

    def __init__(self, air: Air) -> None:
        self._air = air
        self._queue: asyncio.Queue[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def connect(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue = asyncio.Queue()

    async def disconnect(self) -> None:
        self._loop = None

    async def subscribe(self, channel: str) -> None:
        """Everything is heard anyway."""

    async def unsubscribe(self, channel: str) -> None:
        """Everything is heard anyway."""

    async def publish(self, channel: str, message: Any) -> None:
        self._air.carry(channel, message)

    async def next_published(self) -> Any:
        assert self._queue is not None
        return await self._queue.get()

    def hear(self, channel: str, message: str) -> None:
        loop, queue = self._loop, self._queue
        if loop is not None and queue is not None and not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, Event(channel, message))
