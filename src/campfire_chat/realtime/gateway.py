"""The gateway for sockets: what they share, who their callers are, and regular checks."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection
from starlette.types import Receive, Send
from starlette.types import Scope as ASGIScope

from campfire_chat.domain.principal import Principal, Scope
from campfire_chat.errors import TokenExpiredError, UnauthorizedError
from campfire_chat.identity import Credentials, HostSession, Tokens, bearer_token
from campfire_chat.origins import OriginCheck
from campfire_chat.realtime.admission import Admission
from campfire_chat.realtime.drain import Drain
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.presence import Presence
from campfire_chat.realtime.socket import Socket
from campfire_chat.realtime.typing import Typing
from campfire_chat.server_flags import ServerWatch
from campfire_chat.settings import Settings
from campfire_chat.storage.store import Store

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds between two rounds of checks.
ROUND = 1.0
#: Number of connections that are checked without a pause, in about a millisecond.
SLICE = 100
#: Seconds after which an agent who connects is stored again as the host app describes them.
KNOWN_FOR = 600.0


class Gateway:
    """See the module.

    Attributes:
        server: What is known of the limits of the ASGI server.
        origins: Refuses pages of other origins.
        sockets: All connections, also those before their hello.
        draining: The drain; see :class:`~campfire_chat.realtime.drain.Drain`.
        on_first: Called when a socket opens while there is none.
    """

    def __init__(
        self,
        *,
        store: Store,
        hub: Hub,
        presence: Presence,
        typing: Typing,
        host: HostSession,
        tokens: Tokens,
        admission: Admission,
        settings: Settings,
    ) -> None:
        self.store = store
        self.hub = hub
        self.presence = presence
        self.typing = typing
        self.host = host
        self.tokens = tokens
        self.admission = admission
        self.settings = settings
        self.origins = OriginCheck(settings.allowed_origins)
        self.server = ServerWatch()
        self.sockets: set[Socket] = set()
        self.draining = Drain(self.sockets, settings)
        self.on_first: Callable[[], None] = _nothing
        #: The agents as the host app described them, and when. The oldest come first.
        self._known_agents: dict[tuple[str, str], tuple[Principal, float]] = {}
        self._remembering: dict[tuple[tuple[str, str], Principal], asyncio.Future[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._rounds(), name="campfire-gateway")]

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
        return self.draining.begin(delay=self.settings.drain_delay)

    def serve(self, scope: ASGIScope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection until it ends."""
        self.server.at_socket(receive)
        return Socket(scope, receive, send, self).run()

    def enter(self, socket: Socket) -> None:
        """Note a new socket. It may never send hello."""
        if not self.sockets:
            self.on_first()
        self.sockets.add(socket)

    def leave(self, socket: Socket) -> None:
        """Note the end of a socket, with or without hello."""
        self.sockets.discard(socket)
        self.draining.departed()

    async def credentials(self, connection: HTTPConnection, token: str | None) -> Credentials:
        """The credentials of a request. ``authenticate`` is called only if needed.

        Raises:
            UnauthorizedError: There is neither a valid token nor a session.
        """
        if token is not None:
            found = self.tokens.read(token)
            if not found.by_session:
                return found
        return await self.credentials_of(await self.host.scope(connection), token)

    async def credentials_of(self, session: Scope | None, token: str | None) -> Credentials:
        """The credentials of a connection, by its token or else by the session of the host app.

        The token comes first, because the widget sends it on purpose. The browser sends a session
        by itself, such as that of an agent who also has the shop open. A token that was given to
        the user of a session is valid as long as that session.

        Raises:
            UnauthorizedError: There is neither, or the token is not valid.
        """
        if token is not None:
            found = self.tokens.read(token)
            if found.by_session and not found.vouched_by(session):
                raise TokenExpiredError("The session that this token was given to has ended.")
            return found
        if session is None:
            raise UnauthorizedError()
        found = Credentials(session, ambient=True)
        await self.remember(found)
        return found

    def bearer(self, connection: HTTPConnection) -> Scope | None:
        """The credentials by the token of a connection, if it has a valid one."""
        token = bearer_token(connection)
        if token is None:
            return None
        try:
            return self.tokens.read(token).scope
        except UnauthorizedError:
            return None

    async def remember(self, credentials: Credentials) -> None:
        """Store an agent as the host app describes them, if this process has not done so yet."""
        scope = credentials.scope
        key = (scope.organization, scope.principal.id)
        if not scope.is_agent or self._knows(key, scope.principal):
            return
        # An agent with twenty tabs reconnects with all of them at once. Storing once is enough.
        writing = self._remembering.get((key, scope.principal))
        if writing is None:
            writing = asyncio.ensure_future(self.store.team.remember(scope))
            self._remembering[key, scope.principal] = writing
            writing.add_done_callback(lambda _: self._remembering.pop((key, scope.principal)))
        await asyncio.shield(writing)
        self._known_agents.pop(key, None)
        self._known_agents[key] = (scope.principal, time.monotonic())

    def _knows(self, key: tuple[str, str], principal: Principal) -> bool:
        """Whether an agent was stored like this lately. Also drops old entries."""
        since = time.monotonic() - KNOWN_FOR
        known = self._known_agents
        while known and (oldest := next(iter(known.items())))[1][1] < since:
            del known[oldest[0]]
        found = known.get(key)
        return found is not None and found[0] == principal

    def tell_visitors(self, organization: str, text: str) -> None:
        """Send a frame to every visitor of an organisation who is connected here."""
        for socket in list(self.sockets):
            if socket.greeted:
                scope = socket.scope
                if scope.organization == organization and not scope.is_agent:
                    socket.offer(text)

    async def arrive(self, socket: Socket) -> None:
        """Note that a socket has sent hello."""
        scope = socket.scope
        await self.presence.arrive(scope)
        if not scope.is_agent and scope.principal.external_id is not None:
            await self.store.refresh_contact(scope)
        socket.due = asyncio.get_running_loop().time() + self.settings.heartbeat

    def depart(self, socket: Socket, *, cleanly: bool) -> None:
        """A socket that had said hello has ended, ``cleanly`` when somebody closed it on purpose.

        Who is sent away by a drain is on the way to another process, and not gone.
        """
        self.presence.depart(socket.scope, cleanly=cleanly and not self.draining.refusing)

    async def _rounds(self) -> None:
        """Check every socket once a round. Nothing here waits for the host app."""
        while True:
            # A few at a time, over the whole round: ten thousand at once would block the loop.
            sockets = list(self.sockets)
            slices = max(1, math.ceil(len(sockets) / SLICE))
            period = min(self.settings.heartbeat, self.settings.reauthenticate)
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
