"""The two streams of a conversation."""

from __future__ import annotations

from campfire_chat.ledger.aggregate import StreamOf

#: Public messages, and other changes that the visitor may see.
CONVERSATION = StreamOf("conversation", head="head")
#: Private notes and internal changes. Agents only.
NOTES = StreamOf("notes", head="notes_head", agents_only=True)


def conversation(conversation_id: str) -> str:
    return CONVERSATION.name(conversation_id)


def notes(conversation_id: str) -> str:
    return NOTES.name(conversation_id)
