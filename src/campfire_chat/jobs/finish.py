"""The end of a job whose effect is an operation of the ledger."""

from __future__ import annotations

from typing import Any

from campfire_chat.jobs import statements
from campfire_chat.jobs.job import Claimed
from campfire_chat.ledger.operation import ConditionalOperation, Operation
from campfire_chat.ledger.transaction import Transaction


class FinishWith(ConditionalOperation):
    """Remove a job and carry out an operation, both or neither.

    Its result is whether the job was still this process's. Without the
    lease it changes nothing. So the operation takes effect exactly once, however often
    the job was attempted.
    """

    def __init__(self, job: Claimed, operation: Operation[Any]) -> None:
        super().__init__(operation)
        self._job = job

    async def holds(self, transaction: Transaction) -> bool:
        job = self._job
        gone = await transaction.session.fetch(
            statements.FINISH, org_id=job.organization, job_id=job.id, held=job.lease
        )
        return bool(gone)
