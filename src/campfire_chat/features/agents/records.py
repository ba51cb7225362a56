"""Agents, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.records import Availability


class AgentRecord(Struct, frozen=True, kw_only=True):
    """An agent as colleagues see them.

    Attributes:
        id: The id of the agent here (``agt_…``), the same for everybody.
        external_id: The host app's id of the user. Visitors never learn it.
        role: The name of their role.
        availability: ``offline`` without a connection.
        assignable: Whether their role allows that conversations are assigned to them.
    """

    id: str
    external_id: str
    name: str
    avatar_url: str | None
    role: str
    availability: Availability
    assignable: bool


class Assignee(Struct, frozen=True, kw_only=True):
    """The agent to whom the conversation is assigned, as the visitor may see them."""

    id: str
    name: str
    avatar_url: str | None
