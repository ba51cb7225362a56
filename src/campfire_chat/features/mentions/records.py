"""Mentions, as they go over the wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class MentionKind(StrEnum):
    AGENT = "agent"
    TEAM = "team"


class Mention(Struct, frozen=True, kw_only=True):
    """An agent or a team that a note mentions.

    Attributes:
        id: ``agt_…`` or ``team_…``.
        name: The name that the agent or the team has now.
    """

    kind: MentionKind
    id: str
    name: str
