"""No bus, for a single process."""

from __future__ import annotations

from typing import ClassVar

from campfire_chat.realtime.buses.backend import Backend


class MemoryBackend(Backend):
    """See the module. A process delivers its own events without a bus."""

    canary: ClassVar[bool] = False

    async def open(self) -> None:
        """Does nothing."""

    async def listen(self, channel: str) -> None:
        """Does nothing."""

    async def publish(self, channel: str, message: str) -> None:
        self.receive(channel, message)

    async def close(self) -> None:
        """Does nothing."""

    @property
    def alone(self) -> bool:
        return True

    def alive(self) -> bool:
        return True
