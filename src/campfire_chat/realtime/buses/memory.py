"""No bus: one process that has nobody to tell."""

from __future__ import annotations

from typing import ClassVar

from campfire_chat.realtime.buses.backend import Backend


class MemoryBackend(Backend):
    """See the module; a process hands its own news on without a bus."""

    canary: ClassVar[bool] = False

    async def open(self) -> None:
        """There is nothing to connect to."""

    async def listen(self, channel: str) -> None:
        """There is nothing to hear but itself."""

    async def publish(self, channel: str, message: str) -> None:
        self.receive(channel, message)

    async def close(self) -> None:
        """There is nothing to close."""

    @property
    def alone(self) -> bool:
        return True

    def alive(self) -> bool:
        return True
