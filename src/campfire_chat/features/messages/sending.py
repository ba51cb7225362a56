"""Sending a message: the operation that the ledger is made for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core.errors import ClientIdConflictError, InvalidError
from campfire_chat.features.contacts.errors import ContactBlockedError
from campfire_chat.features.conversations.aggregate import CONVERSATIONS
from campfire_chat.features.conversations.reopening import Reopening, Return
from campfire_chat.features.conversations.rules import Conversation, changes_more, comes_back
from campfire_chat.features.mentions import operations as mention_operations
from campfire_chat.features.messages import queries
from campfire_chat.features.messages.adding import (
    WRITES,
    Sent,
    add_message,
    begin_message,
    differs,
    require_unblocked,
    sent,
)
from campfire_chat.features.messages.continuing import ContinueConversation
from campfire_chat.features.messages.errors import AnsweredSinceError
from campfire_chat.features.messages.lookups import BY_ID, SENT
from campfire_chat.features.messages.originals import ORIGINALS, Original, keep
from campfire_chat.features.messages.records import AnsweredSince, Message, Visibility
from campfire_chat.features.messages.rules import (
    MOST_BEHIND,
    MOST_LOOKED_AT,
    is_checked,
    told_since,
)
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.lookups import Lookup
from campfire_chat.ledger.operation import BatchOperation, Instead, Operation
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import Unread, WriteBatch


class Send(BatchOperation[Sent]):
    """Add a message to a conversation. ``body`` has passed ``check_body``.

    Args:
        body: The text to store.
        original: The text that was sent.
        reopening: Says what a visitor's message does to a resolved conversation.
        seen: The last seq of the conversation's stream that the writer of a reply had seen. None
            sends it whatever was said since.
        assign: Whether an agent who answers an unassigned conversation gets it.
        message_id: The id that it gets; None for a new one.
    """

    kind = CONVERSATIONS

    def __init__(
        self,
        actor: Actor,
        conversation_id: str,
        *,
        client_id: str,
        body: str,
        original: Original,
        visibility: Visibility,
        reply_to: str | None,
        reopening: Reopening,
        seen: int | None = None,
        assign: bool = False,
        message_id: str | None = None,
    ) -> None:
        super().__init__(actor, (conversation_id,))
        self._reopening = reopening
        #: What the message does to a resolved conversation; None until it was read for this
        #: attempt.
        self._return: Return | None = None
        self._message_id = message_id
        self._conversation_id = conversation_id
        self._client_id = client_id
        self._key = client_key(actor.sender_key, client_id)
        self._body = body
        self._original = original
        #: Whether what was sent has to be compared with what was sent before.
        self._compares = False
        self.size += sys.getsizeof(body)
        self._visibility = visibility
        self._reply_to = reply_to
        answers = visibility is Visibility.PUBLIC and is_checked(actor.principal.participant)
        self._seen = seen if answers else None
        #: Whether the writer has to look at what was said after that; None until it was read for
        #: this attempt.
        self._is_held: bool | None = None
        #: What was said after that, if so.
        self._since: Sequence[Message] = ()
        self._assign = assign

    def lookups(self) -> Iterable[tuple[Lookup[Any], str]]:
        yield SENT, self._key
        if self._reply_to is not None:
            yield BY_ID, self._reply_to
        if self._compares:
            yield ORIGINALS, self._key

    def apply(self, batch: WriteBatch) -> Sent:
        actor = self.actor
        require(actor, WRITES[self._visibility])
        conversation = batch.aggregate(CONVERSATIONS, actor, self._conversation_id)
        # Without a lookup, the unique index finds a message that was stored before.
        earlier = batch.found(SENT, self.organization, self._key)
        if earlier is not None:
            later = conversation.continued_in_id if actor.is_visitor else None
            if earlier.conversation_id != conversation.id and later is not None:
                # It may have gone on there.
                self._instead(batch, self._to(later))
            answer = self._repeated(batch, earlier)
            batch.repeat(CONVERSATIONS, conversation)
            return answer
        self._check_blocked(batch, conversation)
        self._check_reply(batch, conversation)
        self._check_seen(conversation)
        leaves = self._check_return(batch, conversation)
        if not batch.tells_streams and changes_more(
            conversation, actor.principal, self._visibility, assign=self._assign
        ):
            # The visitor's list is told too, for which the database has to be asked.
            raise Unread
        message = begin_message(
            actor,
            conversation,
            now=batch.now,
            client_id=self._client_id,
            body=self._body,
            visibility=self._visibility,
            reply_to=self._reply_to,
            message_id=self._message_id,
        )
        add_message(batch, actor, conversation, message, assign=self._assign, leaves=leaves)
        keep(batch, self.organization, self._key, self._original, self._body)
        return sent(message)

    def _check_return(self, batch: WriteBatch, conversation: Conversation) -> bool:
        """Whether the assignee of a conversation that is reopened loses it.

        Raises:
            Unread: What counts has to be read first.
            Instead: The message comes too late to reopen it, and belongs into another one.
        """
        if not comes_back(conversation, self.actor.principal, self._visibility):
            return False
        if self._return is None:
            raise Unread
        if self._return.is_late:
            later = conversation.continued_in_id
            self._instead(
                batch,
                self._to(later)
                if later is not None
                else ContinueConversation(
                    self.actor,
                    conversation.id,
                    client_id=self._client_id,
                    body=self._body,
                    original=self._original,
                    message_id=self._message_id,
                    keeps=self._return.keeps,
                    send=self._to,
                ),
            )
        return not self._return.keeps

    def _instead(self, batch: WriteBatch, operation: Operation[Sent]) -> None:
        """
        Raises:
            Instead: In a transaction.
            Unread: Otherwise: a transaction has to find the same.
        """
        raise Instead(operation) if batch.tells_streams else Unread

    def _to(self, conversation_id: str) -> Send:
        """The same message to another conversation of its visitor, in which there is nothing that
        it could reply to."""
        return Send(
            self.actor,
            conversation_id,
            client_id=self._client_id,
            body=self._body,
            original=self._original,
            visibility=self._visibility,
            reply_to=None,
            reopening=self._reopening,
            message_id=self._message_id,
        )

    def _check_blocked(self, batch: WriteBatch, conversation: Conversation) -> None:
        """
        Raises:
            ContactBlockedError: The visitor is blocked, and this was not stored before.
            Unread: Whether it was has to be looked up first.
        """
        try:
            require_unblocked(self.actor, conversation)
        except ContactBlockedError:
            if not batch.was_looked_up(SENT, self.organization, self._key):
                raise Unread from None
            raise

    def _check_reply(self, batch: WriteBatch, conversation: Conversation) -> None:
        """
        Raises:
            InvalidError: The message to reply to is not one of this conversation.
            Unread: It has to be looked up first.
        """
        if self._reply_to is None:
            return
        if not batch.was_looked_up(BY_ID, self.organization, self._reply_to):
            raise Unread
        target = batch.found(BY_ID, self.organization, self._reply_to)
        internal = self._visibility is Visibility.INTERNAL
        if (
            target is None
            or target.conversation_id != conversation.id
            or (target.visibility is Visibility.INTERNAL and not internal)
        ):
            raise InvalidError("There is no such message in this conversation.", field="reply_to")

    def _check_seen(self, conversation: Conversation) -> None:
        """
        Raises:
            AnsweredSinceError: A colleague has answered, and the writer had not seen it; or so much
                was said that the writer has to look.
            Unread: What was said since has to be read first.
        """
        if self._seen is None or self._seen >= conversation.head:
            return
        if self._is_held is None:
            raise Unread
        if self._is_held:
            raise AnsweredSinceError(
                details=AnsweredSince(head=conversation.head, messages=told_since(self._since))
            )

    async def run(self, transaction: Transaction) -> Sent:
        # An attempt before may have read something else.
        self._is_held, self._since, self._return = None, (), None
        return await super().run(transaction)

    async def read_missing(self, transaction: Transaction) -> None:
        await super().read_missing(transaction)
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        if comes_back(conversation, self.actor.principal, self._visibility):
            self._return = await self._reopening.read(transaction, conversation)
        if self._seen is not None:
            # Under the lock of the conversation, with what others have sent in this transaction.
            await transaction.flush_inserts(queries.INSERT_MESSAGES)
            after = (
                *(transaction.session, self.organization, self._conversation_id),
                self._seen,
            )
            self._is_held = (
                conversation.head - self._seen > MOST_BEHIND
                or await queries.is_answered(*after, self.actor.principal.participant)
            )
            if self._is_held:
                self._since = await queries.since(*after, MOST_LOOKED_AT)

    def _repeated(self, batch: WriteBatch, earlier: Message) -> Sent:
        """The answer to a send whose client id is known.

        The same id with different content is a mistake of the client. Answering "stored" would
        lose the second text without notice. Once the message was edited, redacted or deleted, its
        first text is no longer available, and every repetition is treated as a duplicate.

        Raises:
            ClientIdConflictError: Something else was sent with this client id.
            Unread: What was sent before has to be looked up first.
        """
        if (
            earlier.conversation_id != self._conversation_id
            or earlier.visibility is not self._visibility
            or earlier.reply_to != self._reply_to
        ):
            raise ClientIdConflictError()
        if differs(earlier, self._original):
            if not batch.was_looked_up(ORIGINALS, self.organization, self._key):
                self._compares = True
                raise Unread
            if batch.found(ORIGINALS, self.organization, self._key) != self._original.digest:
                raise ClientIdConflictError()
        return sent(earlier, duplicate=True)


class SendWithMentions(Send):
    """Add a note that mentions somebody. What it mentions is not in memory, so it is not done
    together with others.

    Args:
        note_readers: The roles of agents who may read notes.
    """

    is_batchable = False

    def __init__(self, *args: Any, note_readers: frozenset[str], **named: Any) -> None:
        super().__init__(*args, **named)
        self._note_readers = note_readers

    def apply(self, batch: WriteBatch) -> Sent:
        raise Unread

    async def run(self, transaction: Transaction) -> Sent:
        await self.read_missing(transaction)
        try:
            answer = super().apply(transaction)
        except Unread:
            # It was sent before, and what was sent then has to be compared.
            await self.read_missing(transaction)
            answer = super().apply(transaction)
        if not answer.duplicate:
            await mention_operations.follow(
                transaction,
                self.actor,
                transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id),
                answer.message_id,
                readers=self._note_readers,
                body=self._body,
            )
        return answer
