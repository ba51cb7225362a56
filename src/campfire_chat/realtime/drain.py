"""The drain: it moves all clients to other processes before this one stops.

First only ``ready`` fails, so that the load balancer can notice. Then clients are asked to
reconnect, each at a random moment within a window. Sockets of clients that do not know the frame
are closed with 1012, at random moments too. New sockets are refused meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Set
from typing import Protocol

from campfire_chat.realtime import frames
from campfire_chat.realtime.errors import CLOSE_RESTARTING
from campfire_chat.realtime.sockets.writes import LANDING
from campfire_chat.settings import Settings

logger = logging.getLogger("campfire_chat.realtime")

#: Number of clients a second that may reconnect elsewhere without harm. With few clients the
#: window is shorter, so that the process can stop earlier.
RECONNECTS = 100.0
#: Seconds for clients that leave at the end of the window.
LATE = 0.5


class Drained(Protocol):
    """A socket, as the drain sees it."""

    @property
    def greeted(self) -> bool:
        """Whether its welcome was sent."""
        ...

    def push(self, text: str) -> None:
        """Send a frame."""

    def close(self, code: int, reason: str = "") -> None:
        """Close the connection."""


class Drain:
    """See the module.

    Args:
        sockets: The open sockets. The drain follows changes.
        settings: ``drain_delay`` and ``drain_window``.

    Attributes:
        announced: Whether ``ready`` fails.
        refusing: Whether new sockets are refused.
    """

    def __init__(self, sockets: Set[Drained], settings: Settings) -> None:
        self._sockets = sockets
        self._settings = settings
        self._empty = asyncio.Event()
        self._window = 0.0
        self._task: asyncio.Task[None] | None = None
        self.announced = False
        self.refusing = False

    @property
    def frame(self) -> str:
        """The frame for a client."""
        return frames.encode(frames.DrainFrame(window=self._window))

    @property
    def last_word(self) -> str:
        """The frame for a client that the server is about to disconnect by itself."""
        return frames.encode(frames.DrainFrame(window=self._span(self._settings.drain_window)))

    def begin(self, *, delay: float) -> asyncio.Task[None]:
        """Begin, unless it has begun. The task ends when all clients are gone, or the time is over.

        Args:
            delay: Seconds between the moment when ``ready`` fails and the first drain frame.
        """
        if self._task is None:
            self.announced = True
            self._task = asyncio.create_task(self._run(delay), name="campfire-drain")
        return self._task

    def departed(self) -> None:
        """Must be called when a socket has ended."""
        if not self._sockets:
            self._empty.set()

    async def stop(self) -> None:
        """Close the remaining sockets now."""
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
            # The others get the frame right after their welcome.
            if socket.greeted:
                socket.push(text)
        if await self._gone(self._window + LATE):
            return
        span = self._span(self._settings.drain_window / 2)
        await self._spread(span, lambda socket: socket.close(CLOSE_RESTARTING, "restarting"))
        await self._gone(LANDING + LATE)

    def _span(self, limit: float) -> float:
        return min(limit, len(self._sockets) / RECONNECTS)

    async def _spread(self, span: float, act: Callable[[Drained], None]) -> None:
        sockets = list(self._sockets)
        random.shuffle(sockets)
        for socket in sockets:
            act(socket)
            await asyncio.sleep(span / len(sockets))

    async def _gone(self, seconds: float) -> bool:
        """Wait until no socket is left. Return whether that is so."""
        self._empty.clear()
        self.departed()
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
