"""Who is behind a connection: the host's session, or a signed visitor token.

Tokens are signed with itsdangerous, with a salt per purpose, so that one cannot pass for another.
They travel in the ``Authorization`` header and in ``hello``, never in a URL.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import logging
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer
from msgspec import Struct
from starlette.requests import HTTPConnection

from campfire_chat import clock, signed_identities
from campfire_chat.clock import SECOND
from campfire_chat.domain.principal import (
    Principal,
    Scope,
    scope_of_agent,
    scope_of_visitor,
)
from campfire_chat.errors import (
    CampfireError,
    ConfigurationError,
    HostUnavailableError,
    NotStartedError,
    OriginForbiddenError,
    TokenExpiredError,
    TokenInvalidError,
)
from campfire_chat.models import Agent, SenderKind, Visitor
from campfire_chat.outages import is_outage
from campfire_chat.protocols import Authenticate, Clock

logger = logging.getLogger("campfire_chat.identity")

#: Seconds after which a client comes back while the host cannot say who anybody is.
OUTAGE_RETRY = 2.0
#: Seconds between two lines of the log about the same outage.
OUTAGE_LOG_PAUSE = 10.0


class Credentials(Struct, frozen=True):
    """A scope and what it rests on.

    Attributes:
        ambient: It rests on cookies alone, which a browser sends along unasked; writes then
            need a trusted origin.
        expires_at: When the token ends, in seconds since the epoch.
        renewal: A fresh token, when the presented one is past half of its life.
    """

    scope: Scope
    ambient: bool
    expires_at: float | None = None
    renewal: str | None = None

    @property
    def by_session(self) -> bool:
        """Whether it ends when the host no longer vouches for its principal."""
        return self.ambient or self.scope.principal.by_session

    def vouched_by(self, session: Scope | None) -> bool:
        """Whether the host's session still says what these credentials say."""
        if session is None:
            return False
        mine, theirs = self.scope.principal, session.principal
        return (self.scope.organization, mine.kind, mine.id, mine.role) == (
            session.organization,
            theirs.kind,
            theirs.id,
            theirs.role,
        )


class Tokens:
    """Issues and reads visitor tokens and the host's signed identities.

    Args:
        secret_keys: The newest first; every one of them is accepted, the first one signs.
        lifetime: Seconds a visitor token is good for.
        now: The wall clock.

    Attributes:
        checks: A value for each key by which two processes can tell whether they share one,
            without showing it.
    """

    def __init__(
        self, secret_keys: str | Sequence[str], *, lifetime: int, now: Clock = clock.now
    ) -> None:
        keys = [secret_keys] if isinstance(secret_keys, str) else list(secret_keys)
        if not keys or min(map(len, keys)) < 16:
            raise ConfigurationError(
                "secret_key needs at least 16 characters; "
                "make one with `python -c 'import secrets; print(secrets.token_urlsafe())'`",
                field="secret_key",
            )
        self.checks = frozenset(map(_check_value, keys))
        self._lifetime = lifetime
        self._now = now
        # itsdangerous wants the newest last.
        newest_last = keys[::-1]
        signer = _signer(now)
        self._visitor = URLSafeTimedSerializer(
            newest_last, salt="campfire.visitor.v1", signer=signer
        )
        self._keys = keys

    def issue(self, scope: Scope) -> str:
        """A token that makes its bearer the visitor of ``scope``."""
        principal = scope.principal
        return self._dump(
            self._visitor,
            [
                scope.organization,
                principal.id,
                principal.external_id,
                principal.name,
                principal.email,
                principal.avatar_url,
                principal.by_session,
            ],
        )

    def read(self, token: str) -> Credentials:
        """
        Raises:
            TokenExpiredError: It was good once.
            TokenInvalidError: It was not signed here, or for something else.
        """
        payload, issued_at = self._load(self._visitor, token, self._lifetime)
        try:
            fields = msgspec.convert(
                payload, tuple[str, str, str | None, str | None, str | None, str | None, bool]
            )
        except msgspec.ValidationError:
            raise TokenInvalidError() from None
        organization, visitor_id, external_id, name, email, avatar_url, by_session = fields
        scope = Scope(
            organization,
            Principal(
                kind=SenderKind.VISITOR,
                id=visitor_id,
                name=name,
                email=email,
                avatar_url=avatar_url,
                external_id=external_id,
                by_session=by_session,
            ),
        )
        old = self._seconds() - issued_at > self._lifetime / 2
        return Credentials(
            scope,
            ambient=False,
            expires_at=issued_at + self._lifetime,
            renewal=self.issue(scope) if old else None,
        )

    def sign_identity(self, visitor: Visitor) -> str:
        """What the host's page hands to the widget to say who its user is."""
        scope_of_visitor(visitor)
        return signed_identities.sign(self._keys[0], visitor, int(self._seconds()))

    def read_identity(self, identity: str) -> Scope:
        """
        Raises:
            TokenExpiredError: It was good once.
            TokenInvalidError: It was not signed here, or for something else.
        """
        found = signed_identities.read(self._keys, identity, self._seconds())
        try:
            return scope_of_visitor(found.visitor)
        except ConfigurationError as error:
            # Whoever signed it need not be this program.
            raise TokenInvalidError(error.message, field="identity") from None

    def expired(self, credentials: Credentials) -> bool:
        """Whether a token that was good when it was read has ended since."""
        ends = credentials.expires_at
        return ends is not None and self._seconds() > ends

    def _seconds(self) -> float:
        return self._now() / SECOND

    @staticmethod
    def _dump(serializer: URLSafeTimedSerializer, payload: Any) -> str:
        return serializer.dumps(payload)

    def _load(
        self, serializer: URLSafeTimedSerializer, token: str, lifetime: int
    ) -> tuple[Any, float]:
        try:
            payload, issued = serializer.loads(token, return_timestamp=True)
        except (BadSignature, UnicodeError):
            raise TokenInvalidError() from None
        # Not left to itsdangerous, which takes a token of the future for expired: another
        # machine's clock may be ahead, or our own may have been set back.
        if self._seconds() - issued.timestamp() > lifetime:
            raise TokenExpiredError()
        return payload, issued.timestamp()


def _check_value(secret_key: str) -> str:
    digest = hmac.new(secret_key.encode(), b"campfire.key-check.v1", hashlib.sha256)
    return digest.hexdigest()[:16]


def _signer(now: Clock) -> type[TimestampSigner]:
    """itsdangerous' signer with our clock."""

    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return now() // SECOND

    return Signer


class HostSession:
    """Asks the host's ``authenticate`` who is behind a connection."""

    def __init__(self, authenticate: Authenticate | None) -> None:
        self._authenticate = authenticate
        self._told_at: float | None = None
        #: The installation's, once its database is open.
        self.agent_key: bytes | None = None

    async def scope(self, connection: HTTPConnection) -> Scope | None:
        """The agent or user that the host vouches for; None for a stranger.

        Raises:
            HostUnavailableError: ``authenticate`` raised an error that says that something it
                needs, such as the host's database, cannot be reached.
            Exception: Whatever else it raised.
        """
        if self._authenticate is None:
            return None
        try:
            # What the host returns is its own code's doing, whatever the annotation says.
            user: Any = self._authenticate(connection)
            if inspect.isawaitable(user):
                user = await user
        except CampfireError:
            raise
        except Exception as error:
            if not is_outage(error):
                raise
            self._log_outage(error)
            raise HostUnavailableError(retry_after=OUTAGE_RETRY) from error
        if not user:
            # `user and Agent(…)` is a natural way to write it; any falsy answer is a stranger.
            return None
        if isinstance(user, Agent):
            if self.agent_key is None:
                raise NotStartedError()
            return scope_of_agent(user, self.agent_key)
        if isinstance(user, Visitor):
            return scope_of_visitor(user, by_session=True)
        raise ConfigurationError(
            f"authenticate has to return an Agent, a Visitor or None, not {type(user).__name__}"
        )

    def _log_outage(self, error: Exception) -> None:
        """With its traceback, but not for each of the requests that meet the same outage."""
        now = time.monotonic()
        if self._told_at is None or now - self._told_at > OUTAGE_LOG_PAUSE:
            self._told_at = now
            logger.warning("authenticate cannot reach what it needs: %r", error, exc_info=error)


def check_origin(connection: HTTPConnection, allowed: Sequence[str]) -> None:
    """Refuse a browser page of somebody else's.

    A browser names the origin of every WebSocket and of every write; a client that names none is
    no browser, and so carries no cookies but its own. ``Sec-Fetch-Site`` speaks for requests
    without ``Origin``.

    Raises:
        OriginForbiddenError: The page is neither the host's own nor of an allowed origin.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        if connection.headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
            return
        raise OriginForbiddenError()
    if origin in allowed:
        return
    try:
        parts = urlsplit(origin)
    except ValueError:
        raise OriginForbiddenError() from None
    # The scheme is not compared: behind a proxy that ends TLS this process does not know it.
    host = connection.headers.get("host", "").lower()
    if parts.scheme in ("http", "https") and parts.netloc and parts.netloc.lower() == host:
        return
    raise OriginForbiddenError()


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of an ``Authorization: Bearer`` header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
