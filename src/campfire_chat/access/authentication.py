"""Who makes a request or opens a socket: by a token, or by the session of the host app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from campfire_chat.access.actor import Actor
from campfire_chat.access.identity import Credentials, HostSession, Tokens, bearer_token
from campfire_chat.access.origins import OriginCheck
from campfire_chat.core.errors import TokenExpiredError, UnauthorizedError


class Authentication:
    """See the module.

    Args:
        host: Asks the host app.
        tokens: Reads tokens.
        origins: Refuses pages of other origins.
        let_in: Called with everybody whom the session of the host app has named, before they are
            let in.
    """

    def __init__(
        self,
        host: HostSession,
        tokens: Tokens,
        origins: OriginCheck,
        *,
        let_in: Callable[[Actor], Awaitable[None]],
    ) -> None:
        self.host = host
        self.tokens = tokens
        self.origins = origins
        self._let_in = let_in

    async def credentials(self, connection: HTTPConnection, token: str | None) -> Credentials:
        """The credentials of a request. ``authenticate`` is called only if needed.

        Raises:
            UnauthorizedError: There is neither a valid token nor a session.
        """
        if token is not None:
            found = self.tokens.read(token)
            if not found.by_session:
                return found
        return await self.credentials_of(await self.host.actor(connection), token)

    async def credentials_of(self, session: Actor | None, token: str | None) -> Credentials:
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
        await self._let_in(session)
        return Credentials(session, ambient=True)

    def bearer(self, connection: HTTPConnection) -> Actor | None:
        """The caller by the token of a connection, if it has a valid one."""
        token = bearer_token(connection)
        if token is None:
            return None
        try:
            return self.tokens.read(token).actor
        except UnauthorizedError:
            return None
