"""Agents, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.records import Availability, Role


class AgentRecord(Struct, frozen=True, kw_only=True):
    """An agent as colleagues see them.

    Attributes:
        id: The id of the agent here (``agt_…``), the same for everybody.
        external_id: The host app's id of the user. Visitors never learn it.
        availability: ``offline`` without a connection.
    """

    id: str
    external_id: str
    name: str
    avatar_url: str | None
    role: Role
    availability: Availability


class Assignee(Struct, frozen=True, kw_only=True):
    """The agent to whom the conversation is assigned, as the visitor may see them."""

    id: str
    name: str
    avatar_url: str | None
