"""The frames of messages."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from campfire_chat.core.scalars import Timestamp
from campfire_chat.features.messages.records import Visibility
from campfire_chat.realtime.frames import EntityId, Frame, RequestId, Seq


class MessageSend(Frame, frozen=True, kw_only=True, tag="message.send"):
    """``seen`` is the last seq of the conversation's stream that the writer of a reply had seen.
    The reply is held if a colleague has answered since."""

    id: RequestId
    conversation_id: EntityId
    body: str
    visibility: Visibility = Visibility.PUBLIC
    reply_to: EntityId | None = None
    seen: Seq | None = None
    attachments: Annotated[list[Any], Meta(max_length=0)] | None = None


class SendOk(Frame, frozen=True, kw_only=True, tag="ok"):
    """The message is stored.

    Attributes:
        conversation_id: Where it is: in the conversation that it was sent to, or in a later one.
            A visitor's message that comes too late to reopen a conversation goes there.
        duplicate: Whether it had been stored before.
    """

    id: str
    conversation_id: str
    message_id: str
    seq: int
    at: Timestamp
    duplicate: bool
