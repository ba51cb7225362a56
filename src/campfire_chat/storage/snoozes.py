"""The end of a snooze: a job at its time reopens the conversation."""

from __future__ import annotations

from msgspec import Struct

from campfire_chat.domain.conversations import Conversation, Patch, change
from campfire_chat.domain.principal import SYSTEM, Scope, system_scope
from campfire_chat.jobs.job import Job, JobKind
from campfire_chat.models import Status
from campfire_chat.storage.draft import Deferral
from campfire_chat.storage.operations import Operation
from campfire_chat.storage.transaction import Transaction


class Snoozed(Struct, frozen=True):
    conversation_id: str


#: One waits for each conversation that is snoozed until a time.
WAKE = JobKind("conversation.wake", Snoozed)


def deferral(conversation: Conversation, until: int) -> Deferral:
    """The job that ends a conversation's snooze, in place of the one that waits for it already.

    It stays when the snooze ends earlier, and then finds nothing to do.
    """
    about = conversation.id
    return WAKE.deferral(conversation.organization, Snoozed(about), run_at=until, key=about)


class WakeConversation(Operation[None]):
    """Reopen a conversation whose snooze has ended; nothing if somebody was faster."""

    def __init__(self, scope: Scope, conversation_id: str) -> None:
        super().__init__(scope, (conversation_id,))
        self._conversation_id = conversation_id

    async def run(self, transaction: Transaction) -> None:
        conversation = transaction.conversation(self.scope, self._conversation_id)
        until = conversation.snoozed_until
        if conversation.status is not Status.SNOOZED or until is None:
            return
        if until > transaction.now:
            # It was prolonged by a process whose clock is ahead of the one that claimed the job.
            transaction.defer(deferral(conversation, until))
            return
        changes = change(conversation, Patch(status=Status.OPEN), actor=SYSTEM, now=transaction.now)
        transaction.append_changes(conversation, changes)


async def wake(job: Job[Snoozed]) -> WakeConversation:
    return WakeConversation(system_scope(job.organization), job.arguments.conversation_id)
