"""Finds out who a caller is: by the session of the host app, or by a visitor's token.

Tokens are signed with itsdangerous. Each purpose has its own salt, so that a token is not accepted
for another purpose. Tokens travel in the ``Authorization`` header and in ``hello``, never in a URL.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
from collections.abc import Sequence
from typing import Any

import msgspec
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer
from msgspec import Struct
from starlette.requests import HTTPConnection

from campfire_chat.access import api_keys, labels, signed_identities
from campfire_chat.access.actor import (
    Actor,
    Principal,
    actor_of_agent,
    actor_of_principal,
    actor_of_visitor,
)
from campfire_chat.access.authenticate import AccessLabels, Authenticate
from campfire_chat.access.errors import RestOnlyError, TokenExpiredError, TokenInvalidError
from campfire_chat.access.host_calls import HostCall
from campfire_chat.access.origins import from_own_page
from campfire_chat.access.records import Agent, SenderKind, Visitor
from campfire_chat.access.revocations import Revocations
from campfire_chat.access.roles import Roles
from campfire_chat.configuration import keys_of
from campfire_chat.core import clock
from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.core.errors import ConfigurationError, NotStartedError

#: Seconds for which a ticket may be handed in.
TICKET_LIFETIME = 60


class Credentials(Struct, frozen=True):
    """An actor, and what proves it.

    Attributes:
        ambient: Whether only cookies prove it. A browser sends cookies with any request, so
            writes then need a trusted origin.
        expires_at: When the token ends, in seconds since the epoch.
        renewal: A new token, when half of the lifetime of the present one is over.
        since: When the first token was issued of which this one is a renewal, in microseconds since
            1970. A revocation ends all renewals of what it ends.
        ends: When the identity ends that the token rests on, in seconds since 1970; no token that
            renews it is good for longer. None where it rests on none.
        api_key: The API key that proves it, as an actor. Whatever the actor does is charged to it.
    """

    actor: Actor
    ambient: bool
    expires_at: float | None = None
    renewal: str | None = None
    since: int = 0
    ends: int | None = None
    api_key: Actor | None = None

    @property
    def by_session(self) -> bool:
        """Whether it ends when the host app no longer confirms the caller."""
        return self.ambient or self.actor.principal.by_session

    def vouched_by(self, session: Actor | None) -> bool:
        """Whether the session of the host app still confirms these credentials."""
        if session is None:
            return False
        mine, theirs = self.actor.principal, session.principal
        return (self.actor.organization, mine.kind, mine.id, mine.role, self.actor.labels) == (
            session.organization,
            theirs.kind,
            theirs.id,
            theirs.role,
            session.labels,
        )


class Ticket(Struct, frozen=True):
    """Proof that the host's session named somebody a moment ago.

    Attributes:
        kind: ``agent`` or ``visitor``.
        labels: The digest of an agent's access labels.
        issued_at: Microseconds since 1970.
    """

    organization: str
    kind: SenderKind
    id: str
    role: str | None
    labels: str | None
    issued_at: int

    def names(self, actor: Actor) -> bool:
        """Whether it was issued to exactly this person, in this role and with these labels."""
        principal = actor.principal
        return (self.organization, self.kind, self.id, self.role, self.labels) == (
            actor.organization,
            principal.kind,
            principal.id,
            principal.role,
            labels.digest(actor.labels),
        )


class Tokens:
    """Issues and reads visitor tokens, tickets and the host's signed identities.

    Args:
        secret_keys: The newest first. The first key signs, and all are accepted.
        lifetime: Seconds for which a token is valid.
        now: The wall clock.
        revocations: Which of them were revoked.

    Attributes:
        checks: A value for each key. Two processes compare them to see whether they share a
            key, without revealing it.
    """

    def __init__(
        self,
        secret_keys: str | Sequence[str],
        *,
        lifetime: int,
        now: Clock = clock.now,
        revocations: Revocations | None = None,
    ) -> None:
        keys = keys_of(secret_keys)
        self.checks = frozenset(map(_check_value, keys))
        self._lifetime = lifetime
        self._now = now
        self._revocations = revocations or Revocations()
        # itsdangerous expects the newest key last.
        newest_last = keys[::-1]
        signer = _signer(now)
        self._visitor = URLSafeTimedSerializer(
            newest_last, salt="campfire.visitor.v1", signer=signer
        )
        self._keys = keys
        self._ticket = URLSafeTimedSerializer(newest_last, salt="campfire.ticket.v1", signer=signer)

    @property
    def longest_life(self) -> int:
        """Seconds after which nothing that was issued or signed is good any more."""
        return max(self._lifetime, signed_identities.LIFETIME)

    def issue(self, actor: Actor, ends: int | None = None, *, since: int | None = None) -> str:
        """A token that makes its bearer the visitor of ``actor``.

        Args:
            ends: When the identity ends that says so, in seconds since 1970, and the token with it.
            since: That of the token which is renewed, if one is; see :class:`Credentials`. Without
                it, somebody with a stolen token could keep access: by a renewal in a process that
                has not learned of the revocation yet, or whose clock is ahead.
        """
        principal = actor.principal
        return self._dump(
            self._visitor,
            [
                actor.organization,
                principal.id,
                principal.external_id,
                principal.name,
                principal.email,
                principal.avatar_url,
                principal.by_session,
                self._now() if since is None else since,
                ends,
                principal.attributes,
            ],
        )

    def digests(self, api_key: str) -> tuple[str, ...]:
        """The keyed digests of an API key, one for each secret key, that of the newest first."""
        return tuple(api_keys.digest(key, api_key) for key in self._keys)

    def read(self, token: str) -> Credentials:
        """
        Raises:
            TokenExpiredError: It has expired.
            TokenInvalidError: It was signed with another key, or for another purpose.
            RestOnlyError: It is an API key.
        """
        if api_keys.is_api_key(token):
            raise RestOnlyError()
        payload, signed_at = self._load(self._visitor, token, self._lifetime)
        try:
            fields = msgspec.convert(payload, _VisitorToken)
        except msgspec.ValidationError:
            raise TokenInvalidError() from None
        actor = actor_of_principal(
            fields.organization,
            Principal(
                kind=SenderKind.VISITOR,
                id=fields.visitor_id,
                name=fields.name,
                email=fields.email,
                avatar_url=fields.avatar_url,
                external_id=fields.external_id,
                by_session=fields.by_session,
                attributes=fields.attributes,
            ),
        )
        expires_at, ends = signed_at + self._lifetime, fields.ends
        old = self._seconds() - signed_at > self._lifetime / 2
        renewable = old and (ends is None or ends > expires_at)
        credentials = Credentials(
            actor,
            ambient=False,
            expires_at=expires_at if ends is None else min(expires_at, ends),
            renewal=self.issue(actor, ends, since=fields.since) if renewable else None,
            since=fields.since,
            ends=ends,
        )
        if self.expired(credentials):
            raise TokenExpiredError()
        return credentials

    def sign_identity(self, visitor: Visitor) -> str:
        """Sign who a user is. The page of the host app passes it to the widget.

        Raises:
            ConfigurationError: It is not a ``Visitor``, or has values that none may have.
        """
        if not isinstance(visitor, Visitor):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                f"sign_identity takes a Visitor, such as Visitor(id=str(user.id), name=user.name), "
                f"not an object of type {type(visitor).__name__}"
            )
        actor_of_visitor(visitor)
        return signed_identities.sign(self._keys[0], visitor, int(self._seconds()))

    def read_identity(self, identity: str) -> tuple[Actor, int, int]:
        """Whom it names; when that ends, in seconds since 1970; and since when it counts, in
        microseconds. A token that it is exchanged for is no newer than the identity.

        Raises:
            TokenExpiredError: It has expired.
            TokenInvalidError: It was signed with another key, or for another purpose.
        """
        found = signed_identities.read(self._keys, identity, self._seconds())
        try:
            actor = actor_of_visitor(found.visitor)
        except ConfigurationError as error:
            # Whoever signed it need not be this program.
            raise TokenInvalidError(error.message, field="identity") from None
        # Most of them know whole seconds only: of the second of a revocation none counts.
        since = min(int(found.issued_at * SECOND), self._now())
        if self._revocations.refuse(actor, since):
            raise TokenExpiredError("The identity was revoked.")
        return actor, int(found.expires_at), since

    def issue_ticket(self, actor: Actor) -> tuple[str, int]:
        """A ticket for somebody whom the host's session names right now, and when it ends, in
        microseconds since 1970."""
        principal, now = actor.principal, self._now()
        payload = [
            actor.organization,
            principal.kind.value,
            principal.id,
            principal.role,
            labels.digest(actor.labels),
            now,
        ]
        return self._dump(self._ticket, payload), now + TICKET_LIFETIME * SECOND

    def read_ticket(self, ticket: str) -> Ticket:
        """
        Raises:
            TokenExpiredError: It has expired.
            TokenInvalidError: It was signed with another key, or for another purpose.
        """
        payload, _ = self._load(self._ticket, ticket, TICKET_LIFETIME)
        try:
            fields = msgspec.convert(payload, _Ticket)
        except msgspec.ValidationError:
            raise TokenInvalidError() from None
        return Ticket(*fields)

    def age(self, ticket: Ticket) -> float:
        """Seconds since a ticket was issued; 0 for one from a machine whose clock is ahead."""
        return max(0, self._now() - ticket.issued_at) / SECOND

    def expired(self, credentials: Credentials) -> bool:
        """Whether a token that was good when it was read has ended or was revoked since."""
        ends = credentials.expires_at
        if ends is None:
            return False
        return self._seconds() > ends or self._revocations.refuse(
            credentials.actor, credentials.since
        )

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
        # Not checked by itsdangerous, which treats a token from the future as expired: the clock
        # of another machine may be ahead, or our own may have been set back.
        if self._seconds() - issued.timestamp() > lifetime:
            raise TokenExpiredError()
        return payload, issued.timestamp()


#: What a ticket says, in the order of :class:`Ticket`.
_Ticket = tuple[str, SenderKind, str, str | None, str | None, int]


class _VisitorToken(Struct, frozen=True, array_like=True):
    """What a visitor token says."""

    organization: str
    visitor_id: str
    external_id: str | None
    name: str | None
    email: str | None
    avatar_url: str | None
    by_session: bool
    since: int
    ends: int | None
    attributes: str = ""


def _check_value(secret_key: str) -> str:
    digest = hmac.new(secret_key.encode(), b"campfire.key-check.v1", hashlib.sha256)
    return digest.hexdigest()[:16]


def _signer(now: Clock) -> type[TimestampSigner]:
    """The signer of itsdangerous with our clock."""

    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return now() // SECOND

    return Signer


class HostSession:
    """Calls ``authenticate`` of the host app to find out who a caller is.

    Args:
        roles: What the roles of agents allow.
        access_labels: Narrows what an agent sees.
    """

    def __init__(
        self,
        authenticate: Authenticate | None,
        roles: Roles,
        access_labels: AccessLabels | None = None,
    ) -> None:
        self._authenticate = authenticate
        self._call = HostCall("authenticate")
        self._roles = roles
        self._access_labels = access_labels
        self._labels_call = HostCall("access_labels")
        #: The installation's, once its database is open.
        self.agent_key: bytes | None = None

    async def actor(self, connection: HTTPConnection) -> Actor | None:
        """The agent or user that the host vouches for; None for a stranger.

        A page of another origin is nobody here, even an allowed one of the same site, to which the
        browser sends the host's cookies along: such a page has to show a token.

        Raises:
            HostUnavailableError: ``authenticate`` raised an error that says that something it
                needs, such as the host's database, cannot be reached.
            Exception: Whatever else it raised.
        """
        if self._authenticate is None or not from_own_page(connection):
            return None
        # The host app's code may return anything, whatever the annotation says.
        user: Any = await self._call(self._authenticate, connection)
        if not user:
            # `user and Agent(…)` is a usual way to write it, so any false value means anonymous.
            return None
        if isinstance(user, Agent):
            return await self.actor_of_agent(user)
        if isinstance(user, Visitor):
            return actor_of_visitor(user, by_session=True)
        raise ConfigurationError(
            f"authenticate must return an Agent, a Visitor or None, not {_what(user)}"
        )

    async def actor_of_agent(self, agent: Agent) -> Actor:
        """The actor of an agent whom the host app names, narrowed by ``access_labels``.

        Raises:
            ConfigurationError: A value is none that an agent may have, or nobody declared the role.
            Exception: As for :meth:`actor`, about ``access_labels``.
        """
        if self.agent_key is None:
            raise NotStartedError()
        answer: Any = None
        if self._access_labels is not None:
            answer = await self._labels_call(self._access_labels, agent)
        return actor_of_agent(agent, self.agent_key, self._roles, labels.of_host(answer))


def _what(value: object) -> str:
    """The kind of a value that is not an identity, and what was probably forgotten."""
    if inspect.iscoroutine(value):
        value.close()  # Without a second warning that nobody awaited it.
        return "a coroutine: an await is missing"
    if isinstance(value, type):
        return f"the class {value.__name__}: make one, such as {value.__name__}(id=…, name=…)"
    return (
        f"an object of type {type(value).__name__}: make an Agent or a Visitor from it, "
        "such as Visitor(id=str(user.id), name=user.name)"
    )


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token in an ``Authorization: Bearer`` header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
