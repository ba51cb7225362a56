"""A bus between several Campfires in one process that loses, doubles and reorders on demand."""

from __future__ import annotations

import asyncio
import random
from typing import Literal

from campfire_chat.realtime.buses.backend import Backend
from campfire_chat.realtime.buses.kinds import Kind

Mood = Literal["faithful", "deaf", "stutter", "shuffle"]


class Air:
    """What the backends share: everybody's messages pass through it, in its current mood."""

    def __init__(self, seed: int = 0) -> None:
        self.mood: Mood = "faithful"
        self.passed = 0
        self.lost = 0
        self._random = random.Random(seed)
        self.ears: list[_Ear] = []
        self._late: list[tuple[_Ear, str, str]] = []

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
