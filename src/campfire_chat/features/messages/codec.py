"""Rows of messages to records."""

from __future__ import annotations

from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import clock
from campfire_chat.database.prepared import Row
from campfire_chat.features.messages.records import Message, MessageKind, Visibility
from campfire_chat.ledger.client_keys import client_id_of

#: The columns of a message, in the order of :func:`message_of`.
MESSAGE_COLUMNS = (
    "message_id",
    "conversation_id",
    "visibility",
    "seq",
    "client_key",
    "at",
    "sender_kind",
    "sender_id",
    "sender_name",
    "sender_avatar_url",
    "kind",
    "body",
    "reply_to",
    "edited_at",
    "deleted_at",
)


def message_of(row: Row) -> Message:
    (
        message_id,
        conversation_id,
        visibility,
        seq,
        key,
        at,
        sender_kind,
        sender_id,
        sender_name,
        sender_avatar_url,
        kind,
        body,
        reply_to,
        edited_at,
        deleted_at,
    ) = row
    return Message(
        id=message_id,
        conversation_id=conversation_id,
        visibility=Visibility(visibility),
        seq=seq,
        at=clock.rfc3339(at),
        sender=Participant(SenderKind(sender_kind), sender_id, sender_name, sender_avatar_url),
        kind=MessageKind(kind),
        body=body,
        client_id=client_id_of(key),
        reply_to=reply_to,
        edited_at=clock.rfc3339_or_none(edited_at),
        deleted_at=clock.rfc3339_or_none(deleted_at),
    )


def message_row(organization: str, message: Message, key: str, at: int) -> Row:
    """The columns of ``campfire_messages`` for a new message, in their order."""
    sender = message.sender
    return (
        organization,
        message.conversation_id,
        message.visibility.value,
        message.seq,
        message.id,
        key,
        at,
        sender.kind.value,
        sender.id,
        sender.name,
        sender.avatar_url,
        message.kind.value,
        message.body,
        message.reply_to,
        None,
        None,
    )
