"""Sending everybody away, so that a process can end without a rush on the others.

First only ``ready`` fails, for the load balancer to notice. Then clients are asked to leave, each
at a random moment within a window. Those who do not know the frame are closed with 1012, spread
as well. New sockets are refused meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Set

from campfire_chat.errors import CLOSE_RESTARTING
from campfire_chat.realtime import frames
from campfire_chat.realtime.socket import Socket
from campfire_chat.realtime.writes import LANDING
from campfire_chat.settings import Settings

logger = logging.getLogger("campfire_chat.realtime")

#: Clients a second that may come back elsewhere without anybody noticing; a few clients need
#: not be spread over a long window, and a process with a few clients need not live on for it.
RECONNECTS = 100.0
#: Seconds for those who leave at the very end of the window to be gone.
LATE = 0.5


class Drain:
    """See the module.

    Args:
        sockets: Who is here; followed while it changes.
        settings: ``drain_delay`` and ``drain_window``.

    Attributes:
        announced: ``ready`` fails from here on.
        refusing: New sockets are sent away from here on.
    """

    def __init__(self, sockets: Set[Socket], settings: Settings) -> None:
        self._sockets = sockets
        self._settings = settings
        self._empty = asyncio.Event()
        self._window = 0.0
        self._task: asyncio.Task[None] | None = None
        self.announced = False
        self.refusing = False

    @property
    def frame(self) -> str:
        """What a client is told."""
        return frames.encode(frames.Drain(window=self._window))

    @property
    def last_word(self) -> str:
        """What a client is told whom the server is about to disconnect on its own account."""
        return frames.encode(frames.Drain(window=self._span(self._settings.drain_window)))

    def begin(self, *, delay: float) -> asyncio.Task[None]:
        """Begin, unless it has begun; the task ends when everybody has gone, or could have.

        Args:
            delay: Seconds between ``ready`` failing and the first client being sent away.
        """
        if self._task is None:
            self.announced = True
            self._task = asyncio.create_task(self._run(delay), name="campfire-drain")
        return self._task

    def departed(self) -> None:
        """To be called when a socket has ended."""
        if not self._sockets:
            self._empty.set()

    async def stop(self) -> None:
        """Close whoever is left, now."""
        self.announced = self.refusing = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for socket in list(self._sockets):
            socket.close(CLOSE_RESTARTING, "restarting")
        if not await self._gone(LANDING + LATE):
            logger.warning("%d sockets did not close in time", len(self._sockets))

    async def _run(self, delay: float) -> None:
        await asyncio.sleep(delay)
        self.refusing = True
        self._window = self._span(self._settings.drain_window)
        text = self.frame
        for socket in list(self._sockets):
            # The others are told right after their welcome.
            if socket.greeted:
                socket.push(text)
        if await self._gone(self._window + LATE):
            return
        span = self._span(self._settings.drain_window / 2)
        await self._spread(span, lambda socket: socket.close(CLOSE_RESTARTING, "restarting"))
        await self._gone(LANDING + LATE)

    def _span(self, limit: float) -> float:
        return min(limit, len(self._sockets) / RECONNECTS)

    async def _spread(self, span: float, act: Callable[[Socket], None]) -> None:
        sockets = list(self._sockets)
        random.shuffle(sockets)
        for socket in sockets:
            act(socket)
            await asyncio.sleep(span / len(sockets))

    async def _gone(self, seconds: float) -> bool:
        """Wait until nobody is left; whether that is so."""
        self._empty.clear()
        self.departed()
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
