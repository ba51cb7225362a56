"""Editing, redacting and deleting messages."""

from __future__ import annotations

import sys

import msgspec
from sqlalchemy import update

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can, require
from campfire_chat.core import clock, text
from campfire_chat.core.errors import ForbiddenError, NotFoundError
from campfire_chat.database.lanes import Session
from campfire_chat.features.conversations.aggregate import CONVERSATIONS
from campfire_chat.features.conversations.rules import Conversation
from campfire_chat.features.conversations.streams import CONVERSATION, NOTES
from campfire_chat.features.mentions import operations as mention_operations
from campfire_chat.features.messages import originals, tables, versions
from campfire_chat.features.messages.adding import WRITES, require_unblocked
from campfire_chat.features.messages.errors import MessageDeletedError, TextNotFoundError
from campfire_chat.features.messages.events import (
    MESSAGE_DELETED,
    MESSAGE_REDACTED,
    MESSAGE_UPDATED,
    DeletedMessage,
    RedactedMessage,
)
from campfire_chat.features.messages.lookups import BY_ID
from campfire_chat.features.messages.originals import Original
from campfire_chat.features.messages.permissions import MESSAGES_DELETE, MESSAGES_REDACT
from campfire_chat.features.messages.records import Message, Visibility
from campfire_chat.features.messages.rules import check_left, redacted
from campfire_chat.ledger import rewriting
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.events import EventType
from campfire_chat.ledger.operation import IdempotentOperation
from campfire_chat.ledger.transaction import Transaction

_m = tables.messages.c

#: Where the time of each change stands.
_COLUMNS = {
    MESSAGE_UPDATED.name: "edited_at",
    MESSAGE_REDACTED.name: "redacted_at",
    MESSAGE_DELETED.name: "deleted_at",
}


def require_author(actor: Actor, message: Message) -> None:
    """
    Raises:
        ForbiddenError: The caller did not write the message, or may not write any more.
    """
    require(actor, WRITES[message.visibility])
    if not _is_of(actor, message):
        raise ForbiddenError("Only its author may edit a message.")


def require_deleter(actor: Actor, message: Message) -> None:
    """
    Raises:
        ForbiddenError: The caller may not delete the message.
    """
    if _is_of(actor, message):
        require(actor, WRITES[message.visibility])
    elif not can(actor, MESSAGES_DELETE):
        raise ForbiddenError("You may delete only your own messages.")


def _is_of(actor: Actor, message: Message) -> bool:
    principal = actor.principal
    return message.sender.kind is principal.kind and message.sender.id == principal.id


class _OnMessage(IdempotentOperation[Message]):
    """Base of editing and deleting: finds the message and writes it back."""

    kind = CONVERSATIONS

    def __init__(
        self, actor: Actor, message: Message, *, client_id: str | None, content: str
    ) -> None:
        super().__init__(actor, (message.conversation_id,), client_id=client_id, content=content)
        self._message_id = message.id
        self._conversation_id = message.conversation_id

    async def _load(self, transaction: Transaction) -> tuple[Conversation, Message]:
        """The message in its present state, read under the lock of the conversation."""
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        message = await transaction.look_up(BY_ID, self.organization, self._message_id)
        if message is None:
            raise NotFoundError("There is no such message.")
        return conversation, message

    async def repeat(self, transaction: Transaction) -> Message:
        _, message = await self._load(transaction)
        return message

    async def _write(
        self,
        transaction: Transaction,
        conversation: Conversation,
        event: EventType,
        new: Message,
        at: int,
    ) -> None:
        await transaction.session.execute(
            update(tables.messages)
            .where(_m.org_id == self.organization, _m.message_id == new.id)
            .values({"body": new.body, _COLUMNS[event.name]: at})
        )
        last = conversation.last_message
        if last is not None and last.id == new.id:
            conversation.last_message = msgspec.structs.replace(last, text=text.preview(new.body))
        stream = NOTES if new.visibility is Visibility.INTERNAL else CONVERSATION
        transaction.append(CONVERSATIONS, conversation, stream, event, self._told(event, new), at)
        transaction.note(BY_ID, self.organization, new.id, new)
        # What is still on its way to the tables has to be there to be found.
        await transaction.flush()
        await rewriting.rewrite_text(transaction.session, self.organization, new.id, new)

    def _told(self, event: EventType, new: Message) -> Message:
        """What the event says: unless it is the author, also who has done it."""
        if event is MESSAGE_UPDATED:
            return new
        kind = DeletedMessage if event is MESSAGE_DELETED else RedactedMessage
        return kind(**msgspec.structs.asdict(new), actor=self.actor.principal.participant)


class EditMessage(_OnMessage):
    """Replace the text of an own message. The old text is kept for agents only.

    Args:
        body: The text to store. It has passed ``check_body``.
        original: The text that was sent.
        note_readers: The roles of agents who may read notes.
    """

    def __init__(
        self,
        actor: Actor,
        message: Message,
        body: str,
        *,
        original: Original,
        note_readers: frozenset[str],
        client_id: str | None,
    ) -> None:
        # What was sent may be what nobody is to keep, so only its digest goes into the other one.
        sent = "" if client_id is None else original.digest
        super().__init__(actor, message, client_id=client_id, content=f"edit {message.id} {sent}")
        self._body = body
        self._note_readers = note_readers
        self.size += sys.getsizeof(body)

    async def do(self, transaction: Transaction) -> Message:
        conversation, message = await self._load(transaction)
        require_author(self.actor, message)
        require_unblocked(self.actor, conversation)
        if message.deleted_at is not None:
            raise MessageDeletedError()
        if message.body == self._body:
            return message
        at = conversation.next_at(transaction.now)
        new = msgspec.structs.replace(message, body=self._body, edited_at=clock.rfc3339(at))
        await versions.keep(transaction.session, self.organization, message)
        if new.visibility is Visibility.INTERNAL:
            await mention_operations.follow(
                *(transaction, self.actor, conversation, new.id),
                readers=self._note_readers,
                body=new.body,
                before=message.body,
            )
        await self._write(transaction, conversation, MESSAGE_UPDATED, new, at)
        return new


class DeleteMessage(_OnMessage):
    """Remove the texts of a message from the tables and from the log. The message stays."""

    def __init__(self, actor: Actor, message: Message, *, client_id: str | None) -> None:
        super().__init__(actor, message, client_id=client_id, content=f"delete {message.id}")

    async def do(self, transaction: Transaction) -> Message:
        conversation, message = await self._load(transaction)
        require_deleter(self.actor, message)
        # What they have said may be why they were blocked.
        require_unblocked(self.actor, conversation)
        if message.deleted_at is not None:
            return message
        at = conversation.next_at(transaction.now)
        new = msgspec.structs.replace(message, body="", deleted_at=clock.rfc3339(at))
        await versions.drop(transaction.session, self.organization, message.id)
        if new.visibility is Visibility.INTERNAL:
            await mention_operations.forget(
                transaction.session, self.organization, message.id, message.body
            )
        await _drop_original(transaction.session, self.organization, message)
        await self._write(transaction, conversation, MESSAGE_DELETED, new, at)
        return new


class RedactMessage(_OnMessage):
    """Remove a text, or all of it, from a message, its earlier texts and the log. The rest stays.

    Args:
        removed: What is to be removed, wherever it stands. It has passed ``check_removed``. None
            removes everything.
        key: The installation's: only a digest of what is removed may be kept.
        limit: The greatest length of a message.
        note_readers: The roles of agents who may read notes.
    """

    def __init__(
        self,
        actor: Actor,
        message: Message,
        removed: str | None,
        *,
        key: bytes,
        limit: int,
        note_readers: frozenset[str],
        client_id: str | None,
    ) -> None:
        what = "" if client_id is None or removed is None else Original(removed, key).digest
        super().__init__(actor, message, client_id=client_id, content=f"redact {message.id} {what}")
        self._removed = removed
        self._limit = limit
        self._note_readers = note_readers

    async def do(self, transaction: Transaction) -> Message:
        conversation, message = await self._load(transaction)
        require(self.actor, MESSAGES_REDACT)
        if message.deleted_at is not None:
            raise MessageDeletedError()
        session = transaction.session
        left = check_left(redacted(message.body, self._removed), message.body, limit=self._limit)
        was_in_earlier = await versions.redact(
            session, self.organization, message.id, self._removed, limit=self._limit
        )
        if left == message.body and not was_in_earlier:
            if self._removed is None:
                return message
            raise TextNotFoundError("The message does not contain this text.", field="text")
        at = conversation.next_at(transaction.now)
        new = msgspec.structs.replace(message, body=left, redacted_at=clock.rfc3339(at))
        await _drop_original(session, self.organization, message)
        if new.visibility is Visibility.INTERNAL:
            await mention_operations.follow(
                *(transaction, self.actor, conversation, new.id),
                readers=self._note_readers,
                body=new.body,
                before=message.body,
            )
        await self._write(transaction, conversation, MESSAGE_REDACTED, new, at)
        return new


async def _drop_original(session: Session, organization: str, message: Message) -> None:
    sender = f"{message.sender.kind.value}:{message.sender.id}"
    await originals.drop(session, organization, client_key(sender, message.client_id))
