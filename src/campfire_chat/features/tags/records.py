"""Tags, as they go over the wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp


class TagColor(StrEnum):
    """The colours of tags. The console has a readable text and background for each, in the light
    and in the dark theme."""

    GRAY = "gray"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"


class TagRecord(Struct, frozen=True, kw_only=True):
    """A word that conversations are sorted by.

    Attributes:
        id: ``tag_…``. It stays when the tag is renamed.
        name: What conversations show. No two tags of an organisation have the same one, whatever
            the case of its letters.
        description: What it is for; may be empty.
        created_by: The id of who created it, such as an agent.
        updated_by: The id of who changed it last.
    """

    id: str
    name: str
    color: TagColor
    description: str
    created_by: str
    created_at: Timestamp
    updated_by: str
    updated_at: Timestamp


class ListedTag(TagRecord, frozen=True, kw_only=True):
    """A tag in a list.

    Attributes:
        conversations: How many conversations have it. 10000 means that many or more.
    """

    conversations: int
