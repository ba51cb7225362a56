"""The two streams of a conversation."""

from __future__ import annotations

from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ, NOTES_READ
from campfire_chat.ledger.aggregate import StreamOf

#: Public messages, and other changes that the visitor may see.
CONVERSATION = StreamOf("conversation", head="head", permission=CONVERSATIONS_READ)
#: Private notes and internal changes.
NOTES = StreamOf("notes", head="notes_head", permission=NOTES_READ)


def conversation(conversation_id: str) -> str:
    return CONVERSATION.name(conversation_id)


def notes(conversation_id: str) -> str:
    return NOTES.name(conversation_id)
