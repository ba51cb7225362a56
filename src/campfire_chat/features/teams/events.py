"""The events of teams."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.features.teams.records import TeamRecord
from campfire_chat.ledger.events import EventType


class TeamEvent(Struct, frozen=True, kw_only=True):
    """A team was created, changed or deleted.

    Attributes:
        id: The team.
        team: How it is now; of a deleted team, how it was.
        actor: Who did it.
    """

    id: str
    team: TeamRecord
    actor: Participant


TEAM_CREATED: Final = EventType("team.created", ("inbox",), TeamEvent)
TEAM_CHANGED: Final = EventType("team.changed", ("inbox",), TeamEvent)
TEAM_DELETED: Final = EventType("team.deleted", ("inbox",), TeamEvent)

EVENTS: Final = (TEAM_CREATED, TEAM_CHANGED, TEAM_DELETED)
