"""Who makes a request or opens a socket: by a token, an API key, or the session of the host app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import unquote

from starlette.requests import HTTPConnection

from campfire_chat.access.actor import Actor
from campfire_chat.access.api_keys import is_api_key
from campfire_chat.access.errors import TokenExpiredError, WrongOrganizationError
from campfire_chat.access.identity import Credentials, HostSession, Tokens, bearer_token
from campfire_chat.access.origins import OriginCheck, from_own_page
from campfire_chat.access.places import Places
from campfire_chat.core.errors import UnauthorizedError
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION

#: Names the agent as whom an API key acts, by the host app's id, percent-encoded.
AGENT_HEADER = "campfire-agent"


class KeyAuthentication(Protocol):
    """Lets API keys in."""

    async def credentials(self, api_key: str, agent: str | None) -> Credentials:
        """The credentials that an API key proves.

        Args:
            agent: The host app's id of the agent as whom the key acts, if the request names one.

        Raises:
            TokenInvalidError: There is no such key. It may have been revoked.
            TokenExpiredError: The key has expired.
            ForbiddenError: The key may not act as that agent.
        """
        ...


class Authentication:
    """See the module.

    Args:
        host: Asks the host app.
        tokens: Reads tokens.
        places: Says which organisation a request names, and which origins may make it.
        keys: Reads API keys.
        let_in: Called with everybody whom the session of the host app has named, before they are
            let in.
    """

    def __init__(
        self,
        host: HostSession,
        tokens: Tokens,
        places: Places,
        *,
        keys: KeyAuthentication,
        let_in: Callable[[Actor], Awaitable[None]],
    ) -> None:
        self.host = host
        self.tokens = tokens
        self.places = places
        self._origins = OriginCheck()
        self._keys = keys
        self._let_in = let_in

    async def check_origin(self, connection: HTTPConnection) -> None:
        """Refuse pages of other origins that may not make this request.

        Raises:
            OriginForbiddenError: The page is neither the host app's own nor of an allowed origin.
            Exception: As for :meth:`Places.named`.
        """
        if not from_own_page(connection):
            self._origins.check(connection, await self.places.origins(connection))

    async def check_place(self, connection: HTTPConnection, actor: Actor) -> None:
        """Refuse a caller who has no business at this address, or on a page of this origin.

        An address that names no organisation is for callers of every one. What the default
        organisation allows does not count for them.

        Raises:
            WrongOrganizationError: The address is another organisation's.
            OriginForbiddenError: The caller's organisation does not allow the origin.
            Exception: As for :meth:`Places.named`.
        """
        named = await self.places.named(connection)
        if named is not None:
            if named != actor.organization:
                raise WrongOrganizationError()
        elif (
            actor.organization != DEFAULT_ORGANIZATION
            and "origin" in connection.headers
            and not from_own_page(connection)
        ):
            self._origins.check(connection, await self.places.origins_of(actor.organization))

    async def credentials(self, connection: HTTPConnection, token: str | None) -> Credentials:
        """The credentials of a request. ``authenticate`` is called only if needed.

        Raises:
            UnauthorizedError: There is neither a valid token nor a session.
            ForbiddenError: As for :meth:`check_place`.
        """
        if token is not None and is_api_key(token):
            return await self._by_key(connection, token)
        if token is not None:
            found = self.tokens.read(token)
            if not found.by_session:
                await self.check_place(connection, found.actor)
                return found
        return await self.credentials_of(connection, await self.host.actor(connection), token)

    async def credentials_of(
        self, connection: HTTPConnection, session: Actor | None, token: str | None
    ) -> Credentials:
        """The credentials of a connection, by its token or else by the session of the host app.

        The token comes first, because the widget sends it on purpose. The browser sends a session
        by itself, such as that of an agent who also has the shop open. A token that was given to
        the user of a session is valid as long as that session.

        Raises:
            UnauthorizedError: There is neither, or the token is not valid.
            ForbiddenError: As for :meth:`check_place`.
        """
        if token is not None:
            found = self.tokens.read(token)
            if found.by_session and not found.vouched_by(session):
                raise TokenExpiredError("The session that this token was given to has ended.")
            await self.check_place(connection, found.actor)
            return found
        if session is None:
            raise UnauthorizedError()
        await self.check_place(connection, session)
        await self._let_in(session)
        return Credentials(session, ambient=True)

    async def _by_key(self, connection: HTTPConnection, api_key: str) -> Credentials:
        """As for :meth:`credentials`. No browser sends an API key by itself, so the origin of the
        request does not matter."""
        agent = connection.headers.get(AGENT_HEADER)
        found = await self._keys.credentials(api_key, None if agent is None else unquote(agent))
        named = await self.places.named(connection)
        if named is not None and named != found.actor.organization:
            raise WrongOrganizationError()
        return found

    def bearer(self, connection: HTTPConnection) -> Actor | None:
        """The caller by the token of a connection, if it has a valid one."""
        token = bearer_token(connection)
        if token is None:
            return None
        try:
            return self.tokens.read(token).actor
        except UnauthorizedError:
            return None
