"""The events of messages. The data is the message."""

from __future__ import annotations

from typing import Any, Final

from campfire_chat.access.records import Participant
from campfire_chat.features.messages.records import Message
from campfire_chat.ledger.events import EventType


class DeletedMessage(Message, frozen=True, kw_only=True):
    """The message without its text.

    Attributes:
        actor: Who deleted it. Null in events of version 1.
    """

    actor: Participant | None = None


class RedactedMessage(Message, frozen=True, kw_only=True):
    """The message with what is left of its text.

    Attributes:
        actor: Who removed the rest.
    """

    actor: Participant


def _id(message: Message) -> str:
    return message.id


def _present(data: dict[str, Any], message: Message) -> Message:
    """As if the message had always been what it is now."""
    return message


def _with_body(data: dict[str, Any], message: Message) -> dict[str, Any]:
    data["body"] = message.body
    return data


def _type(name: str) -> EventType:
    return EventType(name, ("conversation", "notes"), Message, text_of=_id, with_text=_present)


MESSAGE_CREATED: Final = _type("message.created")
MESSAGE_UPDATED: Final = _type("message.updated")
MESSAGE_DELETED: Final = EventType(
    "message.deleted",
    ("conversation", "notes"),
    DeletedMessage,
    version=2,
    text_of=_id,
    with_text=_with_body,
)
MESSAGE_REDACTED: Final = EventType(
    "message.redacted",
    ("conversation", "notes"),
    RedactedMessage,
    text_of=_id,
    with_text=_with_body,
)

EVENTS: Final = (MESSAGE_CREATED, MESSAGE_UPDATED, MESSAGE_DELETED, MESSAGE_REDACTED)
