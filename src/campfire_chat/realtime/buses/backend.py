"""What the buses have in common: one connection with a bounded inbox that says when it has failed.

A backend lives from one connect to its disconnect. It never reconnects by itself: when it has
failed, or its canary is not heard, the bus makes another one.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections import deque
from typing import ClassVar

from broadcaster import BroadcastBackend, Event

logger = logging.getLogger("campfire_chat.realtime")

#: Messages that may wait to be looked at. They are emptied at every turn of the event loop; more
#: than this is dropped, oldest first, and found at the next look at the heads.
INBOX = 10_000
#: Seconds that closing may take before the connection is left to itself.
CLOSE_TIMEOUT = 2.0


class Backend(BroadcastBackend):
    """See the module.

    Attributes:
        canary: Whether only a message of its own can show that it hears; else it knows by
            itself and :meth:`alive` says so.
        failed: Done, with the reason, once it knows that it has gone deaf or dumb.
    """

    canary: ClassVar[bool] = True
    failed: asyncio.Future[str]

    def __init__(self) -> None:
        self._inbox: deque[Event] = deque(maxlen=INBOX)
        self._arrived = asyncio.Event()

    # What each kind has to do.

    @abstractmethod
    async def open(self) -> None:
        """Connect; whatever is raised means that it did not work."""

    @abstractmethod
    async def listen(self, channel: str) -> None:
        """Begin to hear a channel; what is published after the return is heard."""

    @abstractmethod
    async def publish(self, channel: str, message: str) -> None:
        """Send a message, and raise if it cannot have gone out."""

    @abstractmethod
    async def close(self) -> None:
        """Leave no connection, task or thread behind; may be called at any time and again."""

    @property
    def alone(self) -> bool:
        """Whether publishing is known to be of no use, since nobody else would hear."""
        return False

    def alive(self) -> bool:
        """Whether it has heard since it was last asked; only where ``canary`` is false."""
        raise NotImplementedError

    # For them.

    def receive(self, channel: str, message: str) -> None:
        """A message has come in."""
        self._inbox.append(Event(channel, message))
        self._arrived.set()

    def fail(self, reason: BaseException | str) -> None:
        """It is of no more use; the first reason counts."""
        if not self.failed.done():
            self.failed.set_result(reason if isinstance(reason, str) else describe(reason))

    # What broadcaster calls.

    async def connect(self) -> None:
        self.failed = asyncio.get_running_loop().create_future()
        await self.open()

    async def disconnect(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self.close()
        except Exception:
            logger.debug("a bus connection did not close cleanly", exc_info=True)
        # Transports, and the task of broadcaster's that was just cancelled, end at the next turn.
        await asyncio.sleep(0)

    async def subscribe(self, group: str) -> None:
        # broadcaster hides what is raised here behind a KeyError of its own.
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
    """An exception in one line; some have no text of their own."""
    return f"{type(error).__name__}: {error}".rstrip(": ").replace("\n", " ")
