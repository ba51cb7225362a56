"""The end of a job whose effect is an operation of the ledger."""

from __future__ import annotations

from typing import Any

from campfire_chat.jobs import statements
from campfire_chat.jobs.job import Claimed
from campfire_chat.storage.operations import Operation
from campfire_chat.storage.transaction import Transaction


class FinishWith(Operation[bool]):
    """Remove a job and carry out an operation, both or neither.

    Its result is whether the job was still this process's. Without the
    lease it changes nothing. So the operation takes effect exactly once, however often
    the job was attempted.
    """

    def __init__(self, job: Claimed, operation: Operation[Any]) -> None:
        super().__init__(operation.scope, operation.conversation_ids)
        self._job = job
        self._operation = operation
        self.alters_records = operation.alters_records
        self.size += operation.size

    async def run(self, transaction: Transaction) -> bool:
        job = self._job
        gone = await transaction.session.fetch(
            statements.FINISH, org_id=job.organization, job_id=job.id, held=job.lease
        )
        if not gone:
            return False
        await self._operation.run(transaction)
        return True
