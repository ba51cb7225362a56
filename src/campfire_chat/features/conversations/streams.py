"""The two streams of a conversation, and the one of a visitor."""

from __future__ import annotations

from campfire_chat.access.permissions import Access
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ, NOTES_READ
from campfire_chat.ledger.aggregate import StreamOf
from campfire_chat.ledger.stream_access import OwnStream

#: Public messages, and other changes that the visitor may see.
CONVERSATION = StreamOf("conversation", head="head", permission=CONVERSATIONS_READ)
#: Private notes and internal changes.
NOTES = StreamOf("notes", head="notes_head", permission=NOTES_READ)
#: What a visitor's list of conversations shows. Nobody else sees it.
VISITOR = OwnStream(
    "visitor",
    "<visitor id>",
    Access.CALLER,
    lambda actor, visitor_id: actor.is_visitor and actor.principal.id == visitor_id,
)


def conversation(conversation_id: str) -> str:
    return CONVERSATION.name(conversation_id)


def notes(conversation_id: str) -> str:
    return NOTES.name(conversation_id)
