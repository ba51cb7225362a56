"""The door for sockets: what they share, who they are, and the round that looks after them."""

from __future__ import annotations

import asyncio
import logging

from starlette.requests import HTTPConnection
from starlette.types import Receive, Send
from starlette.types import Scope as ASGIScope
from starlette.websockets import WebSocket

from campfire_chat.domain.principal import Scope
from campfire_chat.errors import CLOSE_RESTARTING, TokenExpiredError, UnauthorizedError
from campfire_chat.identity import Credentials, HostSession, Tokens
from campfire_chat.realtime import frames
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.presence import Presence
from campfire_chat.realtime.socket import Socket
from campfire_chat.realtime.typing import Typing
from campfire_chat.settings import Settings
from campfire_chat.storage.store import Store

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds between rounds.
ROUND = 1.0
#: Open connections that the host is asked about at the same time, and seconds it may take.
ASKED_AT_ONCE = 8
ASK_TIMEOUT = 10.0
#: Seconds for the last frames to get out at a shutdown.
FLUSH = 2.0


class Gateway:
    """See the module."""

    def __init__(
        self,
        *,
        store: Store,
        hub: Hub,
        presence: Presence,
        typing: Typing,
        host: HostSession,
        tokens: Tokens,
        settings: Settings,
    ) -> None:
        self.store = store
        self.hub = hub
        self.presence = presence
        self.typing = typing
        self.host = host
        self.tokens = tokens
        self.settings = settings
        self.sockets: set[Socket] = set()
        self.draining = False
        self._empty = asyncio.Event()
        self._empty.set()
        self._known_agents: dict[tuple[str, str], object] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.draining = False
        self._tasks = [
            asyncio.create_task(self._rounds(), name="campfire-gateway"),
            asyncio.create_task(self._reauthenticate(), name="campfire-reauthenticate"),
        ]

    async def stop(self) -> None:
        """Tell every client to come back, then close."""
        self.drain()
        for socket in list(self.sockets):
            socket.close(CLOSE_RESTARTING, "restarting")
        try:
            async with asyncio.timeout(FLUSH):
                await self._empty.wait()
        except TimeoutError:
            logger.warning("%d sockets did not close in time", len(self.sockets))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def drain(self) -> None:
        """Take no new sockets and ask the open ones to reconnect within the window."""
        if self.draining:
            return
        self.draining = True
        text = frames.encode(frames.Drain(window=self.settings.drain_window))
        for socket in list(self.sockets):
            socket.push(text)

    async def serve(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Serve one connection until it ends."""
        socket = Socket(WebSocket(scope, receive, send), send, self)
        self.sockets.add(socket)
        self._empty.clear()
        try:
            await socket.run()
        finally:
            self.sockets.discard(socket)
            if not self.sockets:
                self._empty.set()

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

    async def remember(self, credentials: Credentials) -> None:
        """Keep an agent with what the host says of them, when that is news to this process."""
        scope = credentials.scope
        key = (scope.organization, scope.principal.id)
        if scope.is_agent and self._known_agents.get(key) != scope.principal:
            await self.store.team.remember(scope)
            self._known_agents[key] = scope.principal

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
        if scope.principal.external_id is not None:
            await self.store.refresh_contact(scope)
        socket.due = asyncio.get_running_loop().time() + self.settings.heartbeat

    def depart(self, socket: Socket) -> None:
        """A socket that had said hello has ended."""
        self.presence.depart(socket.scope)

    async def _rounds(self) -> None:
        """Look after every socket; nothing in here waits, least of all for the host."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(ROUND, self.settings.heartbeat / 4))
            now = loop.time()
            for socket in list(self.sockets):
                try:
                    socket.look_after(now)
                except Exception:
                    logger.exception("a socket could not be looked after")

    async def _reauthenticate(self) -> None:
        """Ask the host again about the connections it vouched for, a few at a time."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(ROUND, self.settings.reauthenticate / 4))
            before = loop.time() - self.settings.reauthenticate
            stale = [
                socket for socket in self.sockets if socket.greeted and socket.checked_at < before
            ]
            for start in range(0, len(stale), ASKED_AT_ONCE):
                some = stale[start : start + ASKED_AT_ONCE]
                await asyncio.gather(*(self._ask_again(socket) for socket in some))

    async def _ask_again(self, socket: Socket) -> None:
        socket.checked_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(ASK_TIMEOUT):
                vouched = await socket.still_vouched_for()
        except Exception:
            logger.exception("authenticate failed for an open socket; it stays as it is")
            return
        if not vouched:
            socket.close(UnauthorizedError.close_code or 4401, "signed out")
