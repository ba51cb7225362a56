"""Callers and their organisation: the actor that every query and every write takes."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from campfire_chat.access.permissions import Permission, names_of, of_visitors
from campfire_chat.access.records import (
    Agent,
    Participant,
    PrincipalRecord,
    SenderKind,
    Visitor,
)
from campfire_chat.access.roles import Roles
from campfire_chat.core import ids, text
from campfire_chat.core.errors import ConfigurationError

#: The name of an agent to whom the host gives none that can be shown.
NAMELESS = "Agent"
#: Characters that are kept of a name or e-mail address, and of a URL.
MAX_NAME = 256
MAX_URL = 2048
#: Bytes of the attributes that the host app may give a visitor.
MAX_ATTRIBUTES = 2048


class Principal(Struct, frozen=True, kw_only=True):
    """An agent or a visitor, as confirmed by the session of the host app or by a token; an API key;
    or the system.

    Attributes:
        id: The ``agt_…`` id of an agent, the ``vis_…`` id of a visitor, or the ``key_…`` id of an
            API key.
        external_id: The host app's id of an agent or of an identified visitor.
        role: The name of an agent's role.
        by_session: Whether the session of the host app confirmed the visitor. If so, the
            visitor's access ends with that session.
        attributes: JSON: what else the host app says of a visitor; empty for nothing.
    """

    kind: SenderKind
    id: str
    name: str | None = None
    avatar_url: str | None = None
    email: str | None = None
    external_id: str | None = None
    role: str | None = None
    by_session: bool = False
    attributes: str = ""

    @property
    def said(self) -> dict[str, Any]:
        """What else the host app says of a visitor. Nobody has checked it."""
        return msgspec.json.decode(self.attributes) if self.attributes else {}

    @property
    def participant(self) -> Participant:
        return Participant(kind=self.kind, id=self.id, name=self.name, avatar_url=self.avatar_url)


class Actor(Struct, frozen=True):
    """Who acts, and in which organisation. Nothing is read or written without an actor.

    Attributes:
        permissions: What they may do. :mod:`~campfire_chat.access.policy` decides by it.
        labels: The access labels of an agent; None for one whom the host app does not narrow.
    """

    organization: str
    principal: Principal
    permissions: frozenset[Permission]
    labels: frozenset[str] | None = None

    @property
    def is_agent(self) -> bool:
        return self.principal.kind is SenderKind.AGENT

    @property
    def is_visitor(self) -> bool:
        return self.principal.kind is SenderKind.VISITOR

    @property
    def is_api_key(self) -> bool:
        """Whether it is an API key that acts as nobody."""
        return self.principal.kind is SenderKind.API_KEY

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
            permissions=list(names_of(self.permissions)),
            verified=not self.is_visitor or principal.external_id is not None,
        )


def actor_of_agent(
    agent: Agent, key: bytes, roles: Roles, labels: frozenset[str] | None = None
) -> Actor:
    """One of the host's agents, with the permissions of their role.

    Args:
        key: See :func:`campfire_chat.core.ids.agent_of`.
        labels: The agent's access labels; None if the host app does not narrow what they see.

    Raises:
        ConfigurationError: A value is none that an agent may have, or nobody declared the role.
    """
    _check_identity("Agent", agent)
    permissions = roles.permissions_of(agent.role)
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
            role=str(agent.role),
        ),
        permissions,
        labels,
    )


def actor_of_visitor(visitor: Visitor, *, by_session: bool = False) -> Actor:
    """The actor of a user of the host app. A visitor id is derived from the host app's id."""
    _check_identity("Visitor", visitor)
    return actor_of_principal(
        visitor.organization,
        Principal(
            kind=SenderKind.VISITOR,
            id=ids.visitor_of(visitor.organization, visitor.id),
            name=text.storable(visitor.name, limit=MAX_NAME),
            avatar_url=text.storable(visitor.avatar_url, limit=MAX_URL),
            email=text.storable(visitor.email, limit=MAX_NAME),
            external_id=visitor.id,
            by_session=by_session,
            attributes=_attributes_of(visitor),
        ),
    )


def actor_of_principal(organization: str, visitor: Principal) -> Actor:
    """The actor of a visitor who is known already, as from a token."""
    return Actor(organization, visitor, of_visitors())


def anonymous(organization: str, visitor_id: str | None = None) -> Actor:
    """The actor of an anonymous visitor: a new one, unless an earlier visitor id is given."""
    return actor_of_principal(
        organization,
        Principal(kind=SenderKind.VISITOR, id=visitor_id or ids.new(ids.VISITOR)),
    )


#: Who made the changes that no person made, such as the end of a snooze.
SYSTEM = Participant(kind=SenderKind.SYSTEM, id="system")


def system_actor(organization: str, *permissions: Permission) -> Actor:
    """The actor of work that no person does. It may do what that work needs, and nothing else."""
    principal = Principal(kind=SYSTEM.kind, id=SYSTEM.id)
    return Actor(organization, principal, frozenset(permissions))


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


def _attributes_of(visitor: Visitor) -> str:
    """JSON of the attributes; empty if there are none.

    Raises:
        ConfigurationError: They are no dictionary of simple values, or too many to be carried by
            every token of the visitor.
    """
    # The host app's code may have put anything there.
    given: object = visitor.attributes
    if not given:
        return ""
    try:
        said = msgspec.convert(given, dict[str, str | float | int | bool | None])
        encoded = msgspec.json.encode(said)
    except (msgspec.ValidationError, TypeError, UnicodeEncodeError):
        raise ConfigurationError(
            "Visitor.attributes must be a dictionary from keys to texts, numbers, True, False or "
            "None; a day is a text such as '2027-05-31'."
        ) from None
    if len(encoded) > MAX_ATTRIBUTES:
        raise ConfigurationError(f"Visitor.attributes may have {MAX_ATTRIBUTES} bytes as JSON.")
    return encoded.decode()


def _type(value: object) -> str:
    return "None" if value is None else type(value).__name__
