"""The events of mentions."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.features.conversations.streams import NOTES
from campfire_chat.features.teams.records import TeamName
from campfire_chat.ledger.events import EventType


class Mentioned(Struct, frozen=True, kw_only=True):
    """A note mentions the agent whose stream this is. What it says is not told here.

    Attributes:
        message_id: The note.
        team: The team that it mentions, if it does not name the agent.
        actor: Who wrote it.
        access_labels: Those of the conversation. An agent who may not see it learns nothing of the
            mention.
    """

    conversation_id: str
    message_id: str
    team: TeamName | None
    actor: Participant
    access_labels: list[str]


MENTION_CREATED: Final = EventType(
    "mention.created",
    ("agent",),
    Mentioned,
    audience=lambda data: NOTES.name(data["conversation_id"]),
)

EVENTS: Final = (MENTION_CREATED,)
