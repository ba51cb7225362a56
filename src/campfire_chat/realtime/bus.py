"""The bus between processes. It carries wake-ups and ephemeral frames, and is never trusted.

Every process publishes on one channel of ``broadcaster`` and has one subscription to it. A
message says which streams have grown and how far. Events are read from the database. So when
messages are lost, doubled or reordered, events are only late.

A process must receive its own messages. It publishes twice a second, at least a canary. When
nothing has come back for three seconds, or the connection is broken, the bus is ill. Then new
connections are opened until the canary returns. Meanwhile the hub looks at the heads more often.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
from broadcaster import Broadcast
from msgspec import Struct

from campfire_chat.realtime.buses.backend import Backend, describe
from campfire_chat.realtime.buses.kinds import kind_of

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds that a start waits for the bus before it continues without it.
START_TIMEOUT = 3.0
#: Seconds for connecting and subscribing, and for publishing one message.
CONNECT_TIMEOUT = 5.0
PUBLISH_TIMEOUT = 3.0
#: Seconds between canaries, and how many in a row may be missing before the bus is ill.
CANARY = 0.5
MISSES = 6
#: Seconds before the first attempt to reconnect, and the longest time before a later one.
BACKOFF = 0.1
MAX_BACKOFF = 1.0
#: Bytes of one message; PostgreSQL takes less than 8,000.
MESSAGE_BYTES = 7_500
#: Number of streams and frames that may wait to be published. More are dropped: the other
#: processes look at the heads, and a late frame is useless.
WAITING_HEADS = 10_000
WAITING_FRAMES = 1_000


class Ephemeral(Struct, frozen=True, array_like=True):
    """A frame for clients that are connected now. It is never stored.

    Attributes:
        agents_only: Whether visitors who subscribe to the stream do not get it.
        exclude: The participant, as ``kind:id``, who does not get it.
    """

    organization: str
    stream: str
    text: str
    agents_only: bool = False
    exclude: str | None = None


class Wake(Struct, frozen=True, array_like=True):
    """One message on the bus. An empty one is a canary.

    Attributes:
        node: The process that sent it.
        heads: Organisation, stream and head of streams that have grown.
        frames: Ephemeral frames.
        signals: What has changed, and in which organisation.
    """

    node: str
    heads: list[tuple[str, str, int]] = []
    frames: list[Ephemeral] = []
    signals: list[tuple[str, str]] = []


_decode = msgspec.json.Decoder(Wake).decode
_encode = msgspec.json.Encoder().encode


class BusFailed(Exception):
    """The bus failed and has to be connected again."""


class Bus:
    """See the module. Announcements of one turn of the event loop are sent together.

    Attributes:
        kind: The kind of bus.
        well: Whether this process receives its own messages.

    Args:
        url: The URL of the bus.
        node: The id of this process.
        on_wake: Called with every message of another process.

    Raises:
        ConfigurationError: There is no such bus, or its driver is not installed.
    """

    def __init__(self, url: str, *, node: str, on_wake: Callable[[Wake], None]) -> None:
        self.kind = kind_of(url).name
        self._url = url
        self._node = node
        self._on_wake = on_wake
        self._channel = ""
        self._backend: Backend | None = None
        self._heads: dict[tuple[str, str], int] = {}
        self._frames: deque[Ephemeral] = deque(maxlen=WAITING_FRAMES)
        self._signals: set[tuple[str, str]] = set()
        self._published = False
        self._heard = False
        self._pending = asyncio.Event()
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ill_since: float | None = None
        self._heard_of: dict[str, float] = {}
        self.well = False

    async def start(self, channel: str) -> None:
        """Connect, and return when the bus works, or when it is known not to work.

        Args:
            channel: The name of the channel, which differs between installations on one server.
        """
        self._channel = channel
        self._settled.clear()
        self._task = asyncio.create_task(self._keep(), name="campfire-bus")
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._settled.wait()
        except TimeoutError:
            self._fall_ill(f"nothing was received for {START_TIMEOUT:g} s")

    async def stop(self) -> None:
        if self._task is not None:
            await _cancel([self._task])
            self._task = None

    def announce(self, heads: dict[tuple[str, str], int]) -> None:
        """Tell the other processes the heads of streams that have grown."""
        if self._nobody_hears():
            return
        for key, head in heads.items():
            if head > self._heads.get(key, 0):
                self._heads[key] = head
        if len(self._heads) > WAITING_HEADS:
            self._heads = {}
        self._pending.set()

    def send(self, frame: Ephemeral) -> None:
        """Send a frame to the sockets of the other processes."""
        if self._nobody_hears():
            return
        self._frames.append(frame)
        self._pending.set()

    def signal(self, what: str, organization: str = "") -> None:
        """Tell the other processes that something has changed, which they then look at.

        Args:
            what: A name that only its sender and its receivers know.
        """
        if self._nobody_hears():
            return
        self._signals.add((what, organization))
        self._pending.set()

    def _nobody_hears(self) -> bool:
        return self._backend is None or self._backend.alone

    # Health.

    def _fall_ill(self, reason: str) -> None:
        self._settled.set()
        if self._ill_since is None:
            self.well = False
            self._ill_since = asyncio.get_running_loop().time()
            logger.warning(
                "the bus (%s) is ill, messages from other processes arrive late: %s",
                self.kind,
                reason,
            )

    def _get_well(self) -> None:
        self.well = True
        self._settled.set()
        if self._ill_since is not None:
            seconds = asyncio.get_running_loop().time() - self._ill_since
            self._ill_since = None
            logger.warning("the bus (%s) works again, after %.1f s", self.kind, seconds)

    def hears(self, node: str) -> bool:
        """Whether messages of another live process arrive on this bus."""
        if self._backend is None or not self._backend.canary:
            # A bus without canaries knows its listeners itself.
            return not self._nobody_hears()
        return node in self._heard_of

    async def _keep(self) -> None:
        """Keep a bus connected: when it has failed, open a new one."""
        failures = 0
        while True:
            try:
                await self._live()
            except Exception as error:
                failures = 0 if self.well else failures + 1
                self._fall_ill(str(error) if isinstance(error, BusFailed) else describe(error))
                logger.debug("the bus failed", exc_info=True)
            # With jitter, because what failed for one process has failed for all of them.
            delay = min(MAX_BACKOFF, BACKOFF * 2**failures)
            await asyncio.sleep(random.uniform(delay / 2, delay))  # noqa: S311

    async def _live(self) -> None:
        """One connection, from connecting to its failure. Ends with an exception."""
        async with AsyncExitStack() as stack:
            backend = kind_of(self._url).make(self._url)
            broadcast = Broadcast(backend=backend)
            # Disconnected here, because Broadcast only disconnects what it has connected.
            stack.push_async_callback(backend.disconnect)
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await broadcast.connect()
                stack.push_async_callback(broadcast.disconnect)
                subscriber = await stack.enter_async_context(broadcast.subscribe(self._channel))
            self._heads, self._signals = {}, set()
            self._frames.clear()
            self._heard = False
            self._backend = backend
            stack.callback(self._forget_backend)
            tasks = [
                asyncio.create_task(work, name="campfire-bus-work")
                for work in (
                    self._listen(subscriber),
                    self._publish(broadcast),
                    self._watch(backend),
                )
            ]
            stack.push_async_callback(_cancel, tasks)
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    def _forget_backend(self) -> None:
        self._backend = None

    async def _watch(self, backend: Backend) -> None:
        """Send the canaries and count those that do not return.

        It counts turns, not seconds: after the event loop was blocked, messages that arrived
        meanwhile still have to be read.
        """
        missed = 0
        while True:
            if backend.canary and not self._published:
                # Waiting announcements are sent with it.
                self._pending.set()
            elif not backend.canary and backend.alive():
                self._hears_itself()
            self._published = False
            await asyncio.wait([backend.failed], timeout=CANARY)
            if backend.failed.done():
                raise BusFailed(backend.failed.result())
            self._forget_silent()
            missed = 0 if self._heard else missed + 1
            self._heard = False
            if missed >= MISSES:
                raise BusFailed(f"nothing was received for {MISSES * CANARY:g} s")

    def _forget_silent(self) -> None:
        now = asyncio.get_running_loop().time()
        self._heard_of = {
            name: at for name, at in self._heard_of.items() if now - at < MISSES * CANARY
        }

    def _hears_itself(self) -> None:
        self._heard = True
        if not self.well:
            self._get_well()

    # Out.

    async def _publish(self, broadcast: Broadcast) -> None:
        while True:
            await self._pending.wait()
            self._pending.clear()
            wake = Wake(
                node=self._node,
                heads=[(*key, head) for key, head in self._heads.items()],
                frames=list(self._frames),
                signals=sorted(self._signals),
            )
            self._heads, self._signals = {}, set()
            self._frames.clear()
            for message in _messages(wake):
                async with asyncio.timeout(PUBLISH_TIMEOUT):
                    await broadcast.publish(self._channel, message)
            self._published = bool(wake.heads or wake.frames or wake.signals)

    # In.

    async def _listen(self, subscriber: Any) -> None:
        while True:
            event = await subscriber.get()
            self._receive(event.message)

    def _receive(self, message: str | bytes) -> None:
        try:
            wake = _decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            logger.warning(
                "a message on the bus cannot be read; does another program use the channel?"
            )
            return
        if wake.node == self._node:
            self._hears_itself()
            return
        self._heard_of[wake.node] = asyncio.get_running_loop().time()
        self._on_wake(wake)


def _messages(wake: Wake) -> Iterator[str]:
    """Split the message until each part is small enough for every kind of bus."""
    encoded = _encode(wake)
    if len(encoded) <= MESSAGE_BYTES:
        yield encoded.decode()
        return
    items = len(wake.heads) + len(wake.frames) + len(wake.signals)
    if items == 1:
        logger.warning("a frame of %d bytes is too long for the bus", len(encoded))
        return
    heads = min(items // 2, len(wake.heads))
    frames = min(items // 2 - heads, len(wake.frames))
    signals = items // 2 - heads - frames
    yield from _messages(
        Wake(wake.node, wake.heads[:heads], wake.frames[:frames], wake.signals[:signals])
    )
    yield from _messages(
        Wake(wake.node, wake.heads[heads:], wake.frames[frames:], wake.signals[signals:])
    )


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks until they end. A driver may ignore a cancellation, as nats-py does at the
    moment in which a connection is opened."""
    ending = set(tasks)
    while ending:
        for task in ending:
            task.cancel()
        _, ending = await asyncio.wait(ending, timeout=CANARY)
    await asyncio.gather(*tasks, return_exceptions=True)
