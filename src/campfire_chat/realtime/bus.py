"""The bus between processes: it wakes, and carries what is ephemeral. It is never trusted.

Every process publishes on one channel of ``broadcaster`` and has one subscription to it. A
message says which streams have grown how far, never what is in them: that is read from the
database. Losing, doubling or reordering messages costs latency only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from broadcaster import Broadcast
from msgspec import Struct

from campfire_chat.errors import ConfigurationError, UnavailableError

logger = logging.getLogger("campfire_chat.realtime")

CHANNEL = "campfire"
#: Seconds that connecting at the start may take.
START_TIMEOUT = 10.0
#: Seconds before a listener that failed is started again.
RESTART_DELAY = 1.0


class Ephemeral(Struct, frozen=True, array_like=True):
    """A frame that is shown to whoever is connected now, and never stored.

    Attributes:
        agents_only: Visitors on the stream do not get it.
        exclude: The participant, as ``kind:id``, who does not get it.
    """

    organization: str
    stream: str
    text: str
    agents_only: bool = False
    exclude: str | None = None


class Wake(Struct, frozen=True, array_like=True):
    """One message on the bus.

    Attributes:
        node: The process that sent it.
        heads: Organisation, stream and head of streams that have grown.
        frames: Ephemeral frames.
        team: Organisations in which somebody's availability changed.
    """

    node: str
    heads: list[tuple[str, str, int]] = []
    frames: list[Ephemeral] = []
    team: list[str] = []


_decode = msgspec.json.Decoder(Wake).decode
_encode = msgspec.json.Encoder().encode


def backend_of(url: str) -> Broadcast:
    """
    Raises:
        ConfigurationError: No bus of that kind.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return Broadcast("memory://")
    raise ConfigurationError(f"No bus for {scheme or url!r}; use memory://", field="bus_url")


class Bus:
    """See the module. What is announced within one turn of the event loop goes out together."""

    def __init__(self, url: str, *, node: str, on_wake: Callable[[Wake], None]) -> None:
        self._url = url
        self._broadcast = backend_of(url)
        self._node = node
        self._on_wake = on_wake
        self._heads: dict[tuple[str, str], int] = {}
        self._frames: list[Ephemeral] = []
        self._team: set[str] = set()
        self._pending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._broadcast.connect()
        listening = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._listen(listening), name="campfire-bus-listen"),
            asyncio.create_task(self._publish(), name="campfire-bus-publish"),
        ]
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await listening.wait()
        except TimeoutError:
            await self.stop()
            raise UnavailableError("The bus cannot be reached.") from None

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._broadcast.disconnect()

    def announce(self, heads: dict[tuple[str, str], int]) -> None:
        """Tell the other processes how far streams have grown."""
        for key, head in heads.items():
            if head > self._heads.get(key, 0):
                self._heads[key] = head
        self._pending.set()

    def send(self, frame: Ephemeral) -> None:
        """Show a frame to the other processes' sockets as well."""
        self._frames.append(frame)
        self._pending.set()

    def team_changed(self, organization: str) -> None:
        """Have the other processes look at who is available."""
        self._team.add(organization)
        self._pending.set()

    async def _publish(self) -> None:
        while True:
            await self._pending.wait()
            self._pending.clear()
            wake = Wake(
                node=self._node,
                heads=[(*key, head) for key, head in self._heads.items()],
                frames=self._frames,
                team=sorted(self._team),
            )
            self._heads, self._frames, self._team = {}, [], set()
            try:
                await self._broadcast.publish(CHANNEL, _encode(wake).decode())
            except Exception:
                # Nothing is lost: the other processes look at the heads themselves.
                logger.warning("the bus did not take a message", exc_info=True)

    async def _listen(self, listening: asyncio.Event) -> None:
        while True:
            try:
                async with self._broadcast.subscribe(CHANNEL) as subscriber:
                    listening.set()
                    while True:
                        event = await subscriber.get()
                        self._receive(event.message)
            except Exception:
                logger.warning("the bus stopped; listening again shortly", exc_info=True)
                await asyncio.sleep(RESTART_DELAY)

    def _receive(self, message: str | bytes) -> None:
        try:
            wake = _decode(message)
        except msgspec.DecodeError:
            logger.warning("a message on the bus is not ours; is the channel shared?")
            return
        if wake.node != self._node:
            self._on_wake(wake)
