"""Callers and their organisation: the actor that every query and every write takes."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.records import (
    Agent,
    Participant,
    PrincipalRecord,
    Role,
    SenderKind,
    Visitor,
)
from campfire_chat.core import ids, text
from campfire_chat.core.errors import ConfigurationError, ForbiddenError

#: The name of an agent to whom the host gives none that can be shown.
NAMELESS = "Agent"
#: Characters that are kept of a name or e-mail address, and of a URL.
MAX_NAME = 256
MAX_URL = 2048


class Principal(Struct, frozen=True, kw_only=True):
    """An agent or a visitor, as confirmed by the session of the host app or by a token.

    Attributes:
        id: The ``agt_…`` id of an agent, or the ``vis_…`` id of a visitor.
        external_id: The host app's id of an agent or of an identified visitor.
        by_session: Whether the session of the host app confirmed the visitor. If so, the
            visitor's access ends with that session.
    """

    kind: SenderKind
    id: str
    name: str | None = None
    avatar_url: str | None = None
    email: str | None = None
    external_id: str | None = None
    role: Role | None = None
    by_session: bool = False

    @property
    def participant(self) -> Participant:
        return Participant(kind=self.kind, id=self.id, name=self.name, avatar_url=self.avatar_url)


class Actor(Struct, frozen=True):
    """Who acts, and in which organisation. Nothing is read or written without an actor."""

    organization: str
    principal: Principal

    @property
    def is_agent(self) -> bool:
        return self.principal.kind is SenderKind.AGENT

    @property
    def sender_key(self) -> str:
        """The sender, within which client ids are unique."""
        return f"{self.principal.kind.value}:{self.principal.id}"

    @property
    def record(self) -> PrincipalRecord:
        principal = self.principal
        return PrincipalRecord(
            kind=principal.kind,
            id=principal.id,
            name=principal.name,
            avatar_url=principal.avatar_url,
            email=principal.email,
            organization=self.organization,
            role=principal.role,
            verified=self.is_agent or principal.external_id is not None,
        )

    def require_agent(self) -> None:
        """
        Raises:
            ForbiddenError: The caller is not an agent.
        """
        if not self.is_agent:
            raise ForbiddenError("Only agents may do that.")

    def require_writer(self) -> None:
        """
        Raises:
            ForbiddenError: The caller is a viewer.
        """
        if self.principal.role is Role.VIEWER:
            raise ForbiddenError("Viewers may only read.")


def actor_of_agent(agent: Agent, key: bytes) -> Actor:
    """One of the host's agents; see :func:`campfire_chat.core.ids.agent_of` for ``key``."""
    _check_identity("Agent", agent)
    return Actor(
        agent.organization,
        Principal(
            kind=SenderKind.AGENT,
            id=ids.agent_of(key, agent.organization, agent.id),
            external_id=agent.id,
            # Visitors see it, so the host's id is no substitute for a name.
            name=text.storable(agent.name, limit=MAX_NAME) or NAMELESS,
            avatar_url=text.storable(agent.avatar_url, limit=MAX_URL),
            email=text.storable(agent.email, limit=MAX_NAME),
            role=_role(agent.role),
        ),
    )


def actor_of_visitor(visitor: Visitor, *, by_session: bool = False) -> Actor:
    """The actor of a user of the host app. A visitor id is derived from the host app's id."""
    _check_identity("Visitor", visitor)
    return Actor(
        visitor.organization,
        Principal(
            kind=SenderKind.VISITOR,
            id=ids.visitor_of(visitor.organization, visitor.id),
            name=text.storable(visitor.name, limit=MAX_NAME),
            avatar_url=text.storable(visitor.avatar_url, limit=MAX_URL),
            email=text.storable(visitor.email, limit=MAX_NAME),
            external_id=visitor.id,
            by_session=by_session,
        ),
    )


def anonymous(organization: str, visitor_id: str | None = None) -> Actor:
    """The actor of an anonymous visitor: a new one, unless an earlier visitor id is given."""
    return Actor(
        organization,
        Principal(kind=SenderKind.VISITOR, id=visitor_id or ids.new(ids.VISITOR)),
    )


#: The actor of changes that the clock causes, such as the end of a snooze.
SYSTEM = Participant(kind=SenderKind.SYSTEM, id="system")


def system_actor(organization: str) -> Actor:
    """The actor of changes that the clock causes. It sees everything in the organisation."""
    return Actor(organization, Principal(kind=SenderKind.AGENT, id=SYSTEM.id))


def _check_identity(kind: str, person: Agent | Visitor) -> None:
    """Check the types too: the host app's code may have put anything there."""
    for name, limit in (("id", 128), ("organization", 64)):
        value: object = getattr(person, name)
        if not isinstance(value, str):
            raise ConfigurationError(
                f"{kind}.{name} must be a string, not {_type(value)}; use str(…)"
            )
        if not 0 < len(value) <= limit or not value.isprintable():
            raise ConfigurationError(f"{kind}.{name} needs 1 to {limit} printable characters.")
    for name in ("name", "email", "avatar_url"):
        value = getattr(person, name)
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(
                f"{kind}.{name} must be a string or None, not {_type(value)}; use str(…)"
            )


def _type(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _role(role: object) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise ConfigurationError(
            f"Agent.role must be one of {', '.join(Role)}, not {role!r}"
        ) from None
