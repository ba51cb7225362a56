"""The door for sockets: what they share, who they are, and the round that looks after them."""

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

#: Seconds between rounds.
ROUND = 1.0
#: Connections that are looked at in one go, in about a millisecond.
SLICE = 100
#: Seconds after which an agent is written again as the host names them, should they come.
KNOWN_FOR = 600.0


class Gateway:
    """See the module.

    Attributes:
        server: What can be seen of the ASGI server's limits.
        sockets: Every connection, from before its hello to its end.
        draining: The way out of everybody; see :class:`~campfire_chat.realtime.drain.Drain`.
        on_first: Called when a socket comes while there is none.
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
        self.server = ServerWatch()
        self.sockets: set[Socket] = set()
        self.draining = Drain(self.sockets, settings)
        self.on_first: Callable[[], None] = _nothing
        #: What the host said of which agents, and when; the oldest first.
        self._known_agents: dict[tuple[str, str], tuple[Principal, float]] = {}
        self._remembering: dict[tuple[tuple[str, str], Principal], asyncio.Future[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._rounds(), name="campfire-gateway")]

    async def stop(self) -> None:
        """Send away whoever is still here, then end.

        A server that stops without having been heard of may still have its sockets open; they
        are spread like any others. After a drain that was cut short there is no patience left.
        """
        if self.sockets and not self.draining.announced:
            await self.draining.begin(delay=0.0)
        await self.draining.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def drain(self) -> asyncio.Task[None]:
        """Let ``ready`` fail, then send everybody away; the task ends when they have gone."""
        return self.draining.begin(delay=self.settings.drain_delay)

    def serve(self, scope: ASGIScope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection until it ends."""
        self.server.at_socket(receive)
        return Socket(scope, receive, send, self).run()

    def enter(self, socket: Socket) -> None:
        """A socket has come; it may never say hello."""
        if not self.sockets:
            self.on_first()
        self.sockets.add(socket)

    def leave(self, socket: Socket) -> None:
        """A socket has gone, whether or not it had said hello."""
        self.sockets.discard(socket)
        self.draining.departed()

    async def credentials(self, connection: HTTPConnection, token: str | None) -> Credentials:
        """What a request may do; the host is asked only where its word counts.

        Raises:
            UnauthorizedError: There is neither a token nor a session, or it is not good.
        """
        if token is not None:
            found = self.tokens.read(token)
            if not found.by_session:
                return found
        return await self.credentials_of(await self.host.scope(connection), token)

    async def credentials_of(self, session: Scope | None, token: str | None) -> Credentials:
        """What a connection may do: as its token says, or else the host's session.

        The token comes first: it is what the widget shows on purpose, while a session is there
        by itself, such as an agent's in a browser that also has the shop open. A token that
        was given to a session's user is good as long as that session is.

        Raises:
            UnauthorizedError: There is neither, or the token is not good (any more).
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
        """Whom a connection's token names, if it has a good one."""
        token = bearer_token(connection)
        if token is None:
            return None
        try:
            return self.tokens.read(token).scope
        except UnauthorizedError:
            return None

    async def remember(self, credentials: Credentials) -> None:
        """Keep an agent with what the host says of them, when that is news to this process."""
        scope = credentials.scope
        key = (scope.organization, scope.principal.id)
        if not scope.is_agent or self._knows(key, scope.principal):
            return
        # Somebody with twenty tabs comes back with all of them at once; once is enough.
        writing = self._remembering.get((key, scope.principal))
        if writing is None:
            writing = asyncio.ensure_future(self.store.team.remember(scope))
            self._remembering[key, scope.principal] = writing
            writing.add_done_callback(lambda _: self._remembering.pop((key, scope.principal)))
        await asyncio.shield(writing)
        self._known_agents.pop(key, None)
        self._known_agents[key] = (scope.principal, time.monotonic())

    def _knows(self, key: tuple[str, str], principal: Principal) -> bool:
        """Whether an agent was written as they are, not long ago; forgets who was long ago."""
        since = time.monotonic() - KNOWN_FOR
        known = self._known_agents
        while known and (oldest := next(iter(known.items())))[1][1] < since:
            del known[oldest[0]]
        found = known.get(key)
        return found is not None and found[0] == principal

    def tell_visitors(self, organization: str, text: str) -> None:
        """Show a frame to every visitor of an organisation who is connected here."""
        for socket in list(self.sockets):
            if socket.greeted:
                scope = socket.scope
                if scope.organization == organization and not scope.is_agent:
                    socket.offer(text)

    async def arrive(self, socket: Socket) -> None:
        """A socket has said hello."""
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
        """Look after every socket once a round; nothing in here waits for the host."""
        while True:
            # A few at a time, all over the round: ten thousand in one go hold everybody up.
            sockets = list(self.sockets)
            slices = max(1, math.ceil(len(sockets) / SLICE))
            period = min(self.settings.heartbeat, self.settings.reauthenticate)
            pause = min(ROUND, period / 4) / slices
            for _ in range(slices):
                await asyncio.sleep(pause)
                self._look_after(sockets[-SLICE:])
                # Nobody who has gone is held on to.
                del sockets[-SLICE:]

    def _look_after(self, sockets: list[Socket]) -> None:
        now = asyncio.get_running_loop().time()
        for socket in sockets:
            if socket not in self.sockets:
                continue
            try:
                socket.look_after(now)
            except Exception:
                logger.exception("a socket could not be looked after")


def _nothing() -> None:
    """Nobody asked to be told."""
