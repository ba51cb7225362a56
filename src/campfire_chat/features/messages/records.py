"""Messages, as they go over the wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core.scalars import Timestamp


class Visibility(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"


class MessageKind(StrEnum):
    TEXT = "text"


class Message(Struct, frozen=True, kw_only=True):
    """One message.

    Attributes:
        seq: Its number in the stream: ``conversation:<id>`` for a public message,
            ``notes:<id>`` for an internal one.
        at: When it was stored. Strictly increasing within the conversation, over both streams.
        client_id: The client id that its sender gave it.
        body: Plain text. Empty once the message is deleted.
        redacted_at: When a part of the text was last removed for good.
    """

    id: str
    conversation_id: str
    visibility: Visibility
    seq: int
    at: Timestamp
    sender: Participant
    kind: MessageKind
    body: str
    client_id: str
    reply_to: str | None = None
    edited_at: Timestamp | None = None
    deleted_at: Timestamp | None = None
    redacted_at: Timestamp | None = None


class MessageVersion(Struct, frozen=True, kw_only=True):
    """A text that a message had before it was edited; for agents.

    Attributes:
        number: 1 for the first text, then upwards.
        at: When this text was written.
    """

    number: int
    at: Timestamp
    body: str


class Preview(Struct, frozen=True, kw_only=True):
    """The last public message, shortened for a row of a list. Empty once it is deleted."""

    id: str
    seq: int
    at: Timestamp
    sender: Participant
    text: str


class AnsweredSince(Struct, frozen=True, kw_only=True):
    """What was said after the last event that the writer of a held reply had seen.

    Attributes:
        head: The last seq of the conversation's stream. Whoever sends the reply again with this
            as ``seen`` has seen it all.
        messages: The newest of these messages, the oldest first.
    """

    head: int
    messages: list[Preview]
