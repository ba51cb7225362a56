"""Base of all kinds of bus: one connection with a bounded inbox, which reports when it has failed.

A backend is used for one connection and never reconnects. When it has failed, or its canary does
not return, the bus creates another one.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections import deque
from typing import ClassVar

from broadcaster import BroadcastBackend, Event

logger = logging.getLogger("campfire_chat.realtime")

#: Number of messages that may wait. They are read at every turn of the event loop. If there are
#: more, the oldest are dropped, and their events are found at the next look at the heads.
INBOX = 10_000
#: Seconds that closing may take before it is no longer waited for.
CLOSE_TIMEOUT = 2.0


class Backend(BroadcastBackend):
    """See the module.

    Attributes:
        canary: Whether only a returned message shows that it works. If not, :meth:`alive` shows
            it.
        failed: Completed with the reason when the connection no longer works.
    """

    canary: ClassVar[bool] = True
    failed: asyncio.Future[str]

    def __init__(self) -> None:
        self._inbox: deque[Event] = deque(maxlen=INBOX)
        self._arrived = asyncio.Event()

    # What each kind implements.

    @abstractmethod
    async def open(self) -> None:
        """Connect. Any exception means that it did not work."""

    @abstractmethod
    async def listen(self, channel: str) -> None:
        """Subscribe to a channel. Messages published after the return are received."""

    @abstractmethod
    async def publish(self, channel: str, message: str) -> None:
        """Publish a message. Raise if it cannot have been sent."""

    @abstractmethod
    async def close(self) -> None:
        """Close all connections, tasks and threads. May be called at any time and repeatedly."""

    @property
    def alone(self) -> bool:
        """Whether publishing is useless, because no other process listens."""
        return False

    def alive(self) -> bool:
        """Whether it has worked since the last call. Only where ``canary`` is false."""
        raise NotImplementedError

    # For the kinds.

    def receive(self, channel: str, message: str) -> None:
        """Handle a received message."""
        self._inbox.append(Event(channel, message))
        self._arrived.set()

    def fail(self, reason: BaseException | str) -> None:
        """Mark the connection as failed. Only the first reason is kept."""
        if not self.failed.done():
            self.failed.set_result(reason if isinstance(reason, str) else describe(reason))

    # Called by broadcaster.

    async def connect(self) -> None:
        self.failed = asyncio.get_running_loop().create_future()
        await self.open()

    async def disconnect(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self.close()
        except Exception:
            logger.debug("a bus connection did not close cleanly", exc_info=True)
        # Transports, and the cancelled task of broadcaster, end at the next turn of the event loop.
        await asyncio.sleep(0)

    async def subscribe(self, group: str) -> None:
        # broadcaster replaces an exception here by a KeyError.
        try:
            await self.listen(group)
        except Exception as error:
            self.fail(error)

    async def unsubscribe(self, group: str) -> None:
        """The connection ends right after, and the subscription with it."""

    async def next_published(self) -> Event:
        while not self._inbox:
            self._arrived.clear()
            await self._arrived.wait()
        return self._inbox.popleft()


def describe(error: BaseException) -> str:
    """An exception in one line. Some exceptions have no text."""
    return f"{type(error).__name__}: {error}".rstrip(": ").replace("\n", " ")
