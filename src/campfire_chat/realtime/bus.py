"""The bus between processes: it wakes, and carries what is ephemeral. It is never trusted.

Every process publishes on one channel of ``broadcaster`` and has one subscription to it. A
message says which streams have grown how far, never what is in them: that is read from the
database. Losing, doubling or reordering messages costs latency only.

A process has to hear itself: twice a second it publishes, if only a canary, and when nothing has
come back for three seconds, or the connection is known to be gone, the bus is ill. It is made
anew from scratch until the canary returns; until then the hub looks at the heads more often.
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

#: Seconds that a start waits for the bus before it goes on without.
START_TIMEOUT = 3.0
#: Seconds for connecting and subscribing, and for handing over one message.
CONNECT_TIMEOUT = 5.0
PUBLISH_TIMEOUT = 3.0
#: Seconds between canaries, and how many in a row may stay away before the bus is ill.
CANARY = 0.5
MISSES = 6
#: Seconds before the first attempt to make the bus anew, and the longest before a later one.
BACKOFF = 0.1
MAX_BACKOFF = 1.0
#: Bytes of one message; PostgreSQL takes less than 8,000.
MESSAGE_BYTES = 7_500
#: Streams and frames that may wait to be published. What is more is dropped: the other processes
#: look at the heads, and a frame that is late is of no use.
WAITING_HEADS = 10_000
WAITING_FRAMES = 1_000


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
    """One message on the bus; one that tells nothing is a canary.

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


class BusFailed(Exception):
    """The bus has to be made anew."""


class Bus:
    """See the module. What is announced within one turn of the event loop goes out together.

    Attributes:
        kind: What kind of bus it is.
        well: Whether this process hears itself on it.

    Args:
        url: What the bus is made from.
        node: The id of this process.
        on_wake: Given every message of another process.

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
        self._team: set[str] = set()
        self._published = False
        self._heard = False
        self._pending = asyncio.Event()
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ill_since: float | None = None
        self._heard_of: dict[str, float] = {}
        self.well = False

    async def start(self, channel: str) -> None:
        """Connect, and return once the bus is heard, or is known not to be.

        Args:
            channel: What tells this installation from others on the same server.
        """
        self._channel = channel
        self._settled.clear()
        self._task = asyncio.create_task(self._keep(), name="campfire-bus")
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._settled.wait()
        except TimeoutError:
            self._fall_ill(f"nothing was heard for {START_TIMEOUT:g} s")

    async def stop(self) -> None:
        if self._task is not None:
            await _cancel([self._task])
            self._task = None

    def announce(self, heads: dict[tuple[str, str], int]) -> None:
        """Tell the other processes how far streams have grown."""
        if self._nobody_hears():
            return
        for key, head in heads.items():
            if head > self._heads.get(key, 0):
                self._heads[key] = head
        if len(self._heads) > WAITING_HEADS:
            self._heads = {}
        self._pending.set()

    def send(self, frame: Ephemeral) -> None:
        """Show a frame to the other processes' sockets as well."""
        if self._nobody_hears():
            return
        self._frames.append(frame)
        self._pending.set()

    def team_changed(self, organization: str) -> None:
        """Have the other processes look at who is available."""
        if self._nobody_hears():
            return
        self._team.add(organization)
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
            logger.warning("the bus (%s) is well again, after %.1f s", self.kind, seconds)

    def hears(self, node: str) -> bool:
        """Whether another process that is alive is heard on this bus."""
        if self._backend is None or not self._backend.canary:
            # Whoever sends no canaries is known to be there, or else nobody is.
            return not self._nobody_hears()
        return node in self._heard_of

    async def _keep(self) -> None:
        """Have a bus, and when it has failed make another one."""
        failures = 0
        while True:
            try:
                await self._live()
            except Exception as error:
                failures = 0 if self.well else failures + 1
                self._fall_ill(str(error) if isinstance(error, BusFailed) else describe(error))
                logger.debug("the bus failed", exc_info=True)
            # With jitter: what failed for one process has failed for all of them.
            delay = min(MAX_BACKOFF, BACKOFF * 2**failures)
            await asyncio.sleep(random.uniform(delay / 2, delay))  # noqa: S311

    async def _live(self) -> None:
        """One connection's life; it ends with an exception."""
        async with AsyncExitStack() as stack:
            backend = kind_of(self._url).make(self._url)
            broadcast = Broadcast(backend=backend)
            # By itself: Broadcast only disconnects what it has connected.
            stack.push_async_callback(backend.disconnect)
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await broadcast.connect()
                stack.push_async_callback(broadcast.disconnect)
                subscriber = await stack.enter_async_context(broadcast.subscribe(self._channel))
            self._heads, self._team = {}, set()
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
        """Send the canaries and count those that stay away.

        Turns are counted, not seconds: after the process or its event loop has been held up,
        what came in meanwhile is still to be read.
        """
        missed = 0
        while True:
            if backend.canary and not self._published:
                # What waits goes out along with it.
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
                raise BusFailed(f"nothing was heard for {MISSES * CANARY:g} s")

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
                team=sorted(self._team),
            )
            self._heads, self._team = {}, set()
            self._frames.clear()
            for message in _messages(wake):
                async with asyncio.timeout(PUBLISH_TIMEOUT):
                    await broadcast.publish(self._channel, message)
            self._published = bool(wake.heads or wake.frames or wake.team)

    # In.

    async def _listen(self, subscriber: Any) -> None:
        while True:
            event = await subscriber.get()
            self._receive(event.message)

    def _receive(self, message: str | bytes) -> None:
        try:
            wake = _decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            logger.warning("a message on the bus is not ours; is the channel shared?")
            return
        if wake.node == self._node:
            self._hears_itself()
            return
        self._heard_of[wake.node] = asyncio.get_running_loop().time()
        self._on_wake(wake)


def _messages(wake: Wake) -> Iterator[str]:
    """The message, or as many as it takes for each to be small enough for every bus."""
    encoded = _encode(wake)
    if len(encoded) <= MESSAGE_BYTES:
        yield encoded.decode()
        return
    items = len(wake.heads) + len(wake.frames) + len(wake.team)
    if items == 1:
        logger.warning("a frame of %d bytes is too long for the bus", len(encoded))
        return
    heads = min(items // 2, len(wake.heads))
    frames = min(items // 2 - heads, len(wake.frames))
    team = items // 2 - heads - frames
    yield from _messages(
        Wake(wake.node, wake.heads[:heads], wake.frames[:frames], wake.team[:team])
    )
    yield from _messages(
        Wake(wake.node, wake.heads[heads:], wake.frames[frames:], wake.team[team:])
    )


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """End tasks, however often it takes: a driver may swallow a cancellation, as nats-py does
    when it comes at the moment in which a connection is made."""
    ending = set(tasks)
    while ending:
        for task in ending:
            task.cancel()
        _, ending = await asyncio.wait(ending, timeout=CANARY)
    await asyncio.gather(*tasks, return_exceptions=True)
