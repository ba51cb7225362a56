"""Teams, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp


class TeamRecord(Struct, frozen=True, kw_only=True):
    """Agents who do the same work, such as those who answer questions about invoices.

    Attributes:
        id: ``team_…``.
        description: What the team does. It may be empty.
        members: The ids of its agents, in the order of these ids.
    """

    id: str
    name: str
    description: str
    members: list[str]
    created_at: Timestamp
    updated_at: Timestamp


class TeamName(Struct, frozen=True, kw_only=True):
    """A team where only its name is shown. The team may have been deleted since."""

    id: str
    name: str
