"""What a search finds, as it goes over the wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.agents.records import Assignee
from campfire_chat.features.contacts.records import Contact
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.search.documents import SearchKind


class HitPart(StrEnum):
    """Which text of a hit a highlight is in.

    Attributes:
        TEXT: The ``text`` of the hit.
        SUBJECT: The subject of its conversation.
        NAME: The name of the contact.
        EMAIL: The e-mail address of the contact.
        TAG: A tag of the conversation.
        NUMBER: The number of the conversation.
    """

    TEXT = "text"
    SUBJECT = "subject"
    NAME = "name"
    EMAIL = "email"
    TAG = "tag"
    NUMBER = "number"


class Highlight(Struct, frozen=True, kw_only=True):
    """Where a hit holds what was searched for.

    Attributes:
        start: The first character of it, counted from 0 in Unicode code points.
        end: The first character after it.
        tag: Which tag it is in, counted from 0. Null in other parts.
    """

    part: HitPart
    start: int
    end: int
    tag: int | None = None


class FoundConversation(Struct, frozen=True, kw_only=True):
    """The conversation of a hit, as it is now.

    Attributes:
        number: By which people quote it: 1, 2, 3 … within the organisation.
    """

    id: str
    number: int
    status: Status
    subject: str | None
    contact: Contact
    assignee: Assignee | None
    tags: list[str]


class SearchHit(Struct, frozen=True, kw_only=True):
    """A message, a note or a conversation that was found.

    Attributes:
        message_id: The message or the note. Null for a conversation.
        seq: Its number in its stream. Null for a conversation.
        at: When the message was sent, or the conversation begun.
        sender: Who wrote it. Null for a conversation.
        text: The part of the message around what was found, on one line. Empty for a conversation.
    """

    kind: SearchKind
    conversation: FoundConversation
    message_id: str | None
    seq: int | None
    at: Timestamp
    sender: Participant | None
    text: str
    highlights: list[Highlight]
