"""The events of tags. All agents with the inbox get them, since the inbox shows tags."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.features.tags.records import TagRecord
from campfire_chat.ledger.events import EventType


class TagChanged(Struct, frozen=True, kw_only=True):
    """A tag was created or changed by ``actor``, and is like this now. After a change of the name,
    the conversations follow, each with its own event."""

    tag: TagRecord
    actor: Participant


class TagDeleted(Struct, frozen=True, kw_only=True):
    """A tag was deleted, or merged into another one.

    Attributes:
        id: The tag.
        merged_into: The id of the other one; null if it was deleted.
        actor: Who did it.
    """

    id: str
    merged_into: str | None
    actor: Participant


TAG_CHANGED: Final = EventType("tag.changed", ("inbox",), TagChanged)
TAG_DELETED: Final = EventType("tag.deleted", ("inbox",), TagDeleted)

EVENTS: Final = (TAG_CHANGED, TAG_DELETED)
