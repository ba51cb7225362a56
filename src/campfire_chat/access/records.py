"""Who takes part: the users that a host app passes in, and how others see them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from campfire_chat.core.scalars import DEFAULT_ORGANIZATION


class SenderKind(StrEnum):
    VISITOR = "visitor"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"
    API_KEY = "api_key"


class Role(StrEnum):
    """The built-in roles of agents. A viewer only reads."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"
    VIEWER = "viewer"


class Agent(Struct, frozen=True, kw_only=True):
    """A user of the host app who answers visitors.

    Attributes:
        id: The host app's own id of the user, a string of 1 to 128 printable characters.
        name: Shown to visitors and colleagues.
        avatar_url: Shown beside the name. An absolute URL, or a path on the host app.
        email: Shown to colleagues.
        role: The name of the agent's role, which says what they may do: a :class:`Role`, or one
            of your own from ``Campfire(…, roles=…)``.
        organization: The organisation. A host app with one team does not need it.
    """

    id: str
    name: str
    avatar_url: str | None = None
    email: str | None = None
    role: str = Role.AGENT
    organization: str = DEFAULT_ORGANIZATION


class Visitor(Struct, frozen=True, kw_only=True):
    """A user of the host app who asks for help: an identified visitor.

    Attributes:
        id: The host app's own id of the user, a string of 1 to 128 printable characters.
        name: Shown to agents.
        email: Shown to agents.
        avatar_url: Shown to agents.
        organization: The organisation.
        attributes: What else agents should know, by the keys of the attributes that contacts have.
            None as a value takes it away; what is left out stays as it is.
    """

    id: str
    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    organization: str = DEFAULT_ORGANIZATION
    attributes: Mapping[str, str | float | bool | None] = {}


class Participant(Struct, frozen=True):
    """A visitor or an agent in a conversation, as the others see them."""

    kind: SenderKind
    id: str
    name: str | None = None
    avatar_url: str | None = None


class PrincipalRecord(Struct, frozen=True, kw_only=True):
    """The caller, as the answer to ``GET /me`` and in ``welcome``.

    Attributes:
        role: The name of an agent's role. Null for visitors and API keys.
        permissions: The names of what the caller may do, sorted. A visitor has them for what is
            theirs.
    """

    kind: SenderKind
    id: str
    name: str | None
    avatar_url: str | None
    email: str | None
    organization: str
    role: str | None
    permissions: list[str]
    verified: bool


class Availability(StrEnum):
    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"
