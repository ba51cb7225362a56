"""The locking path of the ledger: a transaction that reads what it changes under its own locks.

Messages and receipts are processed together. Other operations run one by one under a savepoint,
so that an operation that is refused fails alone. When a COMMIT got no answer, the transaction is
searched for before it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from campfire_chat.errors import CampfireError
from campfire_chat.protocols import Clock
from campfire_chat.storage import streams
from campfire_chat.storage.draft import Draft
from campfire_chat.storage.lanes import Lanes, Session
from campfire_chat.storage.operations import Bulk, Operation
from campfire_chat.storage.reads import reads_of
from campfire_chat.storage.sends import run_bulk
from campfire_chat.storage.statement import Row
from campfire_chat.storage.transaction import Transaction

#: The result of every operation of a batch, and the changes to write.
Outcomes = tuple[list[Any], Draft]


class Attempts:
    """What is known of the attempts to commit a batch.

    Attributes:
        open: The results of an attempt whose COMMIT got no answer, and which may be committed.
    """

    __slots__ = ("open",)

    def __init__(self, open: Outcomes | None = None) -> None:
        self.open = open

    def of_one(self, index: int) -> Attempts:
        """The same for one operation of the batch, which is now run alone."""
        if self.open is None:
            return Attempts()
        outcomes, draft = self.open
        return Attempts(([outcomes[index]], draft))


class LongWay:
    """See the module.

    Args:
        lane: The writer lane.
        now: The wall clock.
        publish: Called with what was committed.
    """

    def __init__(self, lane: Lanes, *, now: Clock, publish: Callable[[Draft], None]) -> None:
        self._lane = lane
        self._now = now
        self._publish = publish

    async def commit(self, operations: list[Operation[Any]], attempts: Attempts) -> Outcomes:
        """Commit a batch.

        Raises:
            CampfireError: The whole batch is refused, or the database cannot be reached.
            Exception: One of the operations failed unexpectedly.
        """
        return await self._lane.run(lambda session: self._transact(session, operations, attempts))

    async def _transact(
        self, session: Session, operations: list[Operation[Any]], attempts: Attempts
    ) -> Outcomes:
        """Commit a batch, or find that an earlier attempt did, and publish it.

        The lane publishes it, so this also happens when the ledger no longer waits for it.
        """
        reads = reads_of(operations, session.engine)

        async def work(rows: list[Sequence[Row]]) -> Outcomes:
            transaction = Transaction(session, self._now)
            await transaction.begin(reads, rows)
            if attempts.open is not None:
                # The heads are locked now, so the earlier attempt has ended.
                earlier = attempts.open[1]
                if await _stands(session, earlier):
                    return attempts.open
                if not earlier.committed:
                    # A repetition is harmless. It does not show which marks the attempt had moved.
                    transaction.notices.update(earlier.notices)
                attempts.open = None
            outcomes: list[Any] = []
            run: list[Bulk[Any]] = []
            for operation in operations:
                if isinstance(operation, Bulk):
                    run.append(operation)
                    continue
                outcomes += await run_bulk(transaction, run)
                run = []
                outcomes.append(await _alone(transaction, operation))
            outcomes += await run_bulk(transaction, run)
            await transaction.flush()
            await transaction.look_at_repeated()
            await transaction.look_at_version()
            attempts.open = (outcomes, transaction)
            return attempts.open

        opening = [read.prepare(session.engine) for read in reads]
        outcomes, draft = await session.transaction(work, *opening)
        self._publish(draft)
        return outcomes, draft


async def _stands(session: Session, earlier: Draft) -> bool:
    """Whether the COMMIT of an earlier attempt took effect, although no answer came.

    Its last event shows it, because no other transaction writes the same text at the same place.
    Without events the answer is no: operations that write no events may be done twice.
    """
    if not earlier.committed:
        return False
    organization, name, seq, payload = earlier.committed[-1]
    page = await streams.read_page(session, organization, name, seq - 1, limit=1)
    return page.events == [(seq, payload)]


async def _alone(transaction: Transaction, operation: Operation[Any]) -> Any:
    """Run an operation under a savepoint. Return its result, or its own error."""
    session = transaction.session
    await transaction.flush()
    point = transaction.restore_point()
    await session.command("SAVEPOINT operation")
    try:
        await transaction.load(operation.organization, operation.conversation_ids)
        result = await operation.run(transaction)
        await transaction.flush()
    except CampfireError as error:
        await session.command("ROLLBACK TO SAVEPOINT operation")
        await session.command("RELEASE SAVEPOINT operation")
        transaction.restore(point)
        return error
    await session.command("RELEASE SAVEPOINT operation")
    return result
