"""The end of a snooze: a job at its time reopens the conversation."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.access.actor import SYSTEM, Actor
from campfire_chat.access.policy import require
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.permissions import (
    CONVERSATIONS_MANAGE,
    CONVERSATIONS_READ,
)
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Conversation, Patch, change
from campfire_chat.jobs.job import Job, JobKind
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import WriteBatch


class Snoozed(Struct, frozen=True):
    conversation_id: str


#: One waits for each conversation that is snoozed until a time.
WAKE = JobKind("conversation.wake", Snoozed, permissions=(CONVERSATIONS_READ, CONVERSATIONS_MANAGE))


def defer(batch: WriteBatch, conversation: Conversation, until: int) -> None:
    """Have the snooze of a conversation end, in place of the job that waits for it already.

    The job stays when the snooze ends earlier, and then finds nothing to do.
    """
    about = conversation.id
    WAKE.defer(batch, conversation.organization, Snoozed(about), run_at=until, key=about)


class WakeConversation(Operation[None]):
    """Reopen a conversation whose snooze has ended; nothing if somebody was faster."""

    kind = CONVERSATIONS

    def __init__(self, actor: Actor, conversation_id: str) -> None:
        super().__init__(actor, (conversation_id,))
        self._conversation_id = conversation_id

    async def run(self, transaction: Transaction) -> None:
        require(self.actor, CONVERSATIONS_MANAGE)
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        until = conversation.snoozed_until
        if conversation.status is not Status.SNOOZED or until is None:
            return
        if until > transaction.now:
            # It was prolonged by a process whose clock is ahead of the one that claimed the job.
            defer(transaction, conversation, until)
            return
        changes = change(
            conversation,
            Patch(status=Status.OPEN),
            actor=SYSTEM,
            now=transaction.now,
            reason="snooze_ended",
        )
        append_changes(transaction, conversation, changes)


async def wake(job: Job[Snoozed]) -> WakeConversation:
    return WakeConversation(job.actor, job.arguments.conversation_id)
