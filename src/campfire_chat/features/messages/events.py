"""The events of messages. The data is the message."""

from __future__ import annotations

from typing import Any, Final

from campfire_chat.features.messages.records import Message
from campfire_chat.ledger.events import EventType


def _id(message: Message) -> str:
    return message.id


def _present(data: dict[str, Any], message: Message) -> Message:
    """As if the message had always been what it is now."""
    return message


def _type(name: str) -> EventType:
    return EventType(name, ("conversation", "notes"), Message, text_of=_id, with_text=_present)


MESSAGE_CREATED: Final = _type("message.created")
MESSAGE_UPDATED: Final = _type("message.updated")
MESSAGE_DELETED: Final = _type("message.deleted")

EVENTS: Final = (MESSAGE_CREATED, MESSAGE_UPDATED, MESSAGE_DELETED)
