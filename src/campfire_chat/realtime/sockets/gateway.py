"""The gateway for sockets: who is connected to this process, and regular checks."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from starlette.types import Receive, Scope, Send

from campfire_chat.access.admission import Admission
from campfire_chat.access.authentication import Authentication
from campfire_chat.core.server_flags import ServerWatch
from campfire_chat.core.service_map import ServiceMap
from campfire_chat.ledger.storage import Storage
from campfire_chat.realtime.drain import Drain
from campfire_chat.realtime.frame_table import FrameTable
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.sockets.access_checks import AccessChecks
from campfire_chat.realtime.sockets.context import Connection, SocketContext, SocketListener
from campfire_chat.realtime.sockets.socket import Socket
from campfire_chat.settings import Settings

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds between two rounds of checks.
ROUND = 1.0
#: Number of connections that are checked without a pause, in about a millisecond.
SLICE = 100


class Gateway:
    """See the module.

    Args:
        frames: The frames of clients, with their handlers.
        listener: Is told who connects, and what they open.

    Attributes:
        context: What all sockets share.
        sockets: All connections, also those before their hello.
        access: Checks again what sockets subscribe to.
        draining: The drain; see :class:`~campfire_chat.realtime.drain.Drain`.
        on_first: Called when a socket opens while there is none.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        storage: Storage,
        services: ServiceMap,
        hub: Hub,
        authentication: Authentication,
        admission: Admission,
        frames: FrameTable[Connection],
        listener: SocketListener,
    ) -> None:
        self._settings = settings
        self.sockets: set[Socket] = set()
        self.draining = Drain(self.sockets, settings)
        self.context = SocketContext(
            settings=settings,
            storage=storage,
            services=services,
            hub=hub,
            authentication=authentication,
            admission=admission,
            draining=self.draining,
            server=ServerWatch(),
            frames=frames,
            listener=listener,
        )
        self.access = AccessChecks(self.sockets, storage, interval=settings.reauthenticate)
        self.on_first: Callable[[], None] = _nothing
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._rounds(), name="campfire-gateway"),
            asyncio.create_task(self.access.run(), name="campfire-access-checks"),
        ]

    async def stop(self) -> None:
        """Drain the remaining sockets, then stop.

        A server that stops without a signal may still have open sockets. Their reconnects are
        spread too. After a drain that was cut short, they are closed at once.
        """
        if self.sockets and not self.draining.announced:
            await self.draining.begin(delay=0.0)
        await self.draining.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def drain(self) -> asyncio.Task[None]:
        """Make ``ready`` fail, then drain all sockets. The task ends when they are gone."""
        return self.draining.begin(delay=self._settings.drain_delay)

    def serve(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection until it ends."""
        self.context.server.at_socket(receive)
        socket = Socket(scope, receive, send, self.context, on_end=self._leave)
        if not self.sockets:
            self.on_first()
        self.sockets.add(socket)
        return socket.run()

    def _leave(self, socket: Socket) -> None:
        """Note the end of a socket, with or without hello."""
        self.sockets.discard(socket)
        self.draining.departed()

    def tell_visitors(self, organization: str, text: str) -> None:
        """Send a frame to every visitor of an organisation who is connected here."""
        for socket in list(self.sockets):
            if socket.greeted:
                actor = socket.actor
                if actor.organization == organization and not actor.is_agent:
                    socket.offer(text)

    async def _rounds(self) -> None:
        """Check every socket once a round. Nothing here waits for the host app."""
        while True:
            # A few at a time, over the whole round: ten thousand at once would block the loop.
            sockets = list(self.sockets)
            slices = max(1, math.ceil(len(sockets) / SLICE))
            period = min(self._settings.heartbeat, self._settings.reauthenticate)
            pause = min(ROUND, period / 4) / slices
            for _ in range(slices):
                await asyncio.sleep(pause)
                self._look_after(sockets[-SLICE:])
                # Do not keep references to sockets that have ended.
                del sockets[-SLICE:]

    def _look_after(self, sockets: list[Socket]) -> None:
        now = asyncio.get_running_loop().time()
        for socket in sockets:
            if socket not in self.sockets:
                continue
            try:
                socket.look_after(now)
            except Exception:
                logger.exception("a socket could not be checked")


def _nothing() -> None:
    """Does nothing, by default."""
