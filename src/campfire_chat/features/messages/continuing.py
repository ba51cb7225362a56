"""A message that comes too late to reopen its conversation begins another one, which is linked to
it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from campfire_chat.access.actor import SYSTEM, Actor
from campfire_chat.access.policy import require
from campfire_chat.core import ids
from campfire_chat.features.contacts import operations as contact_operations
from campfire_chat.features.conversations import numbers
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Conversation, Patch, change, link
from campfire_chat.features.messages.adding import (
    Sent,
    add_message,
    begin_message,
    require_unblocked,
    sent,
)
from campfire_chat.features.messages.lookups import SENT
from campfire_chat.features.messages.originals import Original, keep
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY
from campfire_chat.features.receipts.operations import MARKS
from campfire_chat.ledger.client_keys import client_key
from campfire_chat.ledger.lookups import Lookup
from campfire_chat.ledger.operation import Instead, Operation
from campfire_chat.ledger.transaction import Transaction


class ContinueConversation(Operation[Sent]):
    """Begin the conversation in which a resolved one goes on, with its first message.

    The new one has the subject, the team and the access labels of the one before, so that the same
    agents see it. It is no :class:`~campfire_chat.ledger.operation.BatchOperation`: a new
    conversation needs the lock of the inbox.

    Args:
        actor: The visitor.
        conversation_id: The resolved one.
        body: The text to store.
        original: The text that was sent.
        message_id: The id that the message gets; None for a new one.
        keeps: Whether the assignee gets the new one as well.
        send: Sends the same message to a conversation. That is what is left to do if somebody was
            faster.
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
        message_id: str | None,
        keeps: bool,
        send: Callable[[str], Operation[Sent]],
    ) -> None:
        super().__init__(actor, (conversation_id,))
        self._conversation_id = conversation_id
        self._client_id = client_id
        self._key = client_key(actor.sender_key, client_id)
        self._body = body
        self._original = original
        self._message_id = message_id
        self._keeps = keeps
        self._send = send
        self.size += sys.getsizeof(body)

    def lookups(self) -> Iterable[tuple[Lookup[Any], str]]:
        return ((SENT, self._key),)

    async def run(self, transaction: Transaction) -> Sent:
        actor = self.actor
        require(actor, CONVERSATIONS_REPLY)
        before = transaction.aggregate(CONVERSATIONS, actor, self._conversation_id)
        if (
            before.status is not Status.RESOLVED
            or before.continued_in_id is not None
            or await transaction.look_up(SENT, self.organization, self._key) is not None
        ):
            raise Instead(self._send(before.id))
        require_unblocked(actor, before)
        about = ids.new(ids.CONVERSATION)
        later = Conversation(
            organization=self.organization,
            id=about,
            number=await numbers.give(transaction, self.organization, about),
            contact=await contact_operations.remember(transaction, actor),
            subject=before.subject,
            access_labels=before.access_labels,
            created_at=transaction.now,
            last_at=transaction.now - 1,
            last_activity_at=transaction.now,
        )
        # This contact has just been locked. The other one may be what this process remembers.
        require_unblocked(actor, later)
        transaction.add(CONVERSATIONS, later, (MARKS,))
        message = begin_message(
            actor,
            later,
            now=transaction.now,
            client_id=self._client_id,
            body=self._body,
            message_id=self._message_id,
        )
        add_message(transaction, actor, later, message, assign=False)
        keep(transaction, self.organization, self._key, self._original, self._body)
        of_before, of_later = link(before, later)
        append_changes(transaction, before, [of_before])
        same = Patch(team=before.team, assignee=before.assignee if self._keeps else None)
        changes = change(later, same, actor=SYSTEM, now=transaction.now)
        append_changes(transaction, later, [of_later, *changes])
        return sent(message)
