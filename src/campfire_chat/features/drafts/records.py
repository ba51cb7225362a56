"""Drafts, as they go over the wire."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.messages.records import Visibility


class DraftText(Struct, frozen=True, kw_only=True):
    """What an agent is writing in a conversation.

    Attributes:
        reply: The text for the visitor.
        note: The text of a private note.
        visibility: Which of the two the agent is writing: ``public`` is the reply.
        reply_to: The message that it answers.
    """

    reply: str = ""
    note: str = ""
    visibility: Visibility = Visibility.PUBLIC
    reply_to: str | None = None


class DraftRecord(Struct, frozen=True, kw_only=True):
    """The draft that an agent has in a conversation.

    Attributes:
        reply: The text for the visitor.
        note: The text of a private note.
        visibility: Which of the two the agent is writing: ``public`` is the reply.
        reply_to: The message that it answers.
        updated_at: When it was stored; each time is later than the one before. Null: there is no
            draft, and both texts are empty.
    """

    conversation_id: str
    reply: str = ""
    note: str = ""
    visibility: Visibility = Visibility.PUBLIC
    reply_to: str | None = None
    updated_at: Timestamp | None = None
