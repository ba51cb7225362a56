"""What every new message does, whoever sends it and wherever it goes."""

from __future__ import annotations

import msgspec

from campfire_chat.access.actor import Actor
from campfire_chat.access.permissions import Permission
from campfire_chat.core import clock, ids
from campfire_chat.features.contacts.errors import ContactBlockedError
from campfire_chat.features.conversations.aggregate import (
    CONVERSATIONS,
    append_changes,
    tell_visitor,
)
from campfire_chat.features.conversations.rules import Conversation, receive
from campfire_chat.features.conversations.streams import CONVERSATION, NOTES
from campfire_chat.features.messages import queries
from campfire_chat.features.messages.codec import MESSAGE_ROWS
from campfire_chat.features.messages.events import MESSAGE_CREATED
from campfire_chat.features.messages.lookups import SENT
from campfire_chat.features.messages.originals import Original
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY, NOTES_WRITE
from campfire_chat.features.messages.records import Message, MessageKind, Visibility
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.write_batch import WriteBatch


class Sent(msgspec.Struct, frozen=True):
    """The answer to a send.

    Attributes:
        conversation_id: Where the message is: in the conversation that it was sent to, or in the
            later one that goes on from there.
        duplicate: Whether it had been stored before.
    """

    conversation_id: str
    message_id: str
    seq: int
    at: str
    duplicate: bool


#: What somebody needs to write messages that are seen by everybody, or by agents.
WRITES: dict[Visibility, Permission] = {
    Visibility.PUBLIC: CONVERSATIONS_REPLY,
    Visibility.INTERNAL: NOTES_WRITE,
}


def require_unblocked(actor: Actor, conversation: Conversation) -> None:
    """
    Raises:
        ContactBlockedError: The caller is the visitor, and is blocked.
    """
    if actor.is_visitor and conversation.contact.blocked:
        raise ContactBlockedError()


def differs(earlier: Message, original: Original) -> bool:
    """Whether a stored message has another text than the one that is sent now, although nobody has
    changed it since. A function of the host app may have."""
    unchanged = (
        earlier.edited_at is None and earlier.deleted_at is None and earlier.redacted_at is None
    )
    return unchanged and earlier.body != original.text


def begin_message(
    actor: Actor,
    conversation: Conversation,
    *,
    now: int,
    client_id: str,
    body: str,
    visibility: Visibility = Visibility.PUBLIC,
    reply_to: str | None = None,
    message_id: str | None = None,
) -> Message:
    """The next message of a conversation. It is stored by :func:`add_message`."""
    internal = visibility is Visibility.INTERNAL
    return Message(
        id=message_id or ids.new(ids.MESSAGE),
        conversation_id=conversation.id,
        visibility=visibility,
        seq=(conversation.notes_head if internal else conversation.head) + 1,
        at=clock.rfc3339(conversation.next_at(now)),
        sender=actor.principal.participant,
        kind=MessageKind.TEXT,
        body=body,
        client_id=client_id,
        reply_to=reply_to,
    )


def add_message(
    batch: WriteBatch,
    actor: Actor,
    conversation: Conversation,
    message: Message,
    *,
    assign: bool,
    leaves: bool = False,
) -> None:
    """Store a message that :func:`begin_message` has just made, with all that it changes.

    Args:
        assign: Whether an agent who answers an unassigned conversation gets it.
        leaves: Whether the assignee of a resolved conversation that is reopened loses it.
    """
    at = conversation.last_at
    changes = receive(conversation, message, at, assign=assign, leaves=leaves)
    stream = NOTES if message.visibility is Visibility.INTERNAL else CONVERSATION
    batch.append(CONVERSATIONS, conversation, stream, MESSAGE_CREATED, message, at)
    key = client_key(actor.sender_key, message.client_id)
    batch.insert(queries.INSERT_MESSAGES, MESSAGE_ROWS.write(message, actor.organization, key, at))
    append_changes(batch, conversation, changes)
    if stream is CONVERSATION and message.seq == 1 and not changes:
        # The first one begins the conversation.
        tell_visitor(batch, conversation)
    batch.note(SENT, actor.organization, key, message)


def sent(message: Message, *, duplicate: bool = False) -> Sent:
    """The answer to the sender of a message."""
    return Sent(
        conversation_id=message.conversation_id,
        message_id=message.id,
        seq=message.seq,
        at=message.at,
        duplicate=duplicate,
    )
