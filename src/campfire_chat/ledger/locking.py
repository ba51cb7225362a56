"""The locking path of the ledger: a transaction that reads what it changes under its own locks.

Batchable operations are done together. Others are done one by one under a savepoint, so that an
operation that is refused fails alone; the only one of a transaction needs none. When a COMMIT got
no answer, the transaction is searched for before it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from campfire_chat.core.clock import Clock
from campfire_chat.core.errors import CampfireError
from campfire_chat.database.lanes import Lanes, Session
from campfire_chat.database.prepared import Row
from campfire_chat.ledger import event_log
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.operation import Instead, Operation
from campfire_chat.ledger.reads import reads_of
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import WriteBatch

#: The result of every operation of a batch, and the changes that were written.
Outcomes = tuple[list[Any], WriteBatch]


class Refused(Exception):
    """The only operation of a batch was refused, or asks for another one in its place, and its
    transaction rolled back."""

    def __init__(self, error: CampfireError | Instead) -> None:
        super().__init__(error)
        self.error = error


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
        outcomes, batch = self.open
        return Attempts(([outcomes[index]], batch))


class LockingPath:
    """See the module.

    Args:
        lane: The writer lane.
        now: The wall clock.
        publish: Called with what was committed.
    """

    def __init__(self, lane: Lanes, *, now: Clock, publish: Callable[[WriteBatch], None]) -> None:
        self._lane = lane
        self._now = now
        self._publish = publish

    async def commit(self, operations: list[Operation[Any]], attempts: Attempts) -> Outcomes:
        """Commit a batch.

        Raises:
            Refused: Its only operation is refused.
            CampfireError: The database cannot be reached.
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
            for read, found in zip(reads, rows, strict=True):
                read.take(transaction, found)
            await transaction.ensure_inboxes()
            if attempts.open is not None:
                # The heads are locked now, so the earlier attempt has ended.
                earlier = attempts.open[1]
                if await _stands(session, earlier):
                    return attempts.open
                if not earlier.committed:
                    # A repetition is harmless. It does not show which marks the attempt had moved.
                    transaction.notices.update(earlier.notices)
                attempts.open = None
            outcomes = await _run_all(transaction, operations)
            await transaction.flush()
            await transaction.look_at_repeated()
            attempts.open = (outcomes, transaction)
            return attempts.open

        opening = [read.prepare(session.engine) for read in reads]
        outcomes, batch = await session.transaction(work, *opening)
        self._publish(batch)
        return outcomes, batch


async def _stands(session: Session, earlier: WriteBatch) -> bool:
    """Whether the COMMIT of an earlier attempt took effect, although no answer came.

    Its last event shows it, because no other transaction writes the same text at the same place.
    Without events the answer is no: operations that write no events may be done twice.
    """
    if not earlier.committed:
        return False
    organization, name, seq, payload = earlier.committed[-1]
    page = await event_log.read_page(session, organization, name, seq - 1, limit=1)
    return page.events == [(seq, payload)]


async def _run_all(transaction: Transaction, operations: Sequence[Operation[Any]]) -> list[Any]:
    """The results of the operations, or their own errors, in order.

    Raises:
        Refused: The only operation is refused.
    """
    if len(operations) == 1 and not operations[0].is_batchable:
        # Nothing else is in the transaction, which can be rolled back as a whole.
        await _load(transaction, operations)
        try:
            return [await operations[0].run(transaction)]
        except (CampfireError, Instead) as error:
            raise Refused(error) from None
    outcomes: list[Any] = []
    for is_batchable, some in groupby(operations, lambda operation: operation.is_batchable):
        if is_batchable:
            together = list(some)
            await _load(transaction, together)
            outcomes += [await _run(transaction, operation) for operation in together]
        else:
            outcomes += [await _alone(transaction, operation) for operation in some]
    return outcomes


async def _load(transaction: Transaction, operations: Sequence[Operation[Any]]) -> None:
    """Read the aggregates that are not in memory, with one query for many operations."""
    wanted: dict[tuple[AnyKind, str], dict[str, None]] = {}
    for operation in operations:
        if operation.kind is not None:
            ids = wanted.setdefault((operation.kind, operation.organization), {})
            ids.update(dict.fromkeys(operation.aggregate_ids))
    for (kind, organization), ids in wanted.items():
        await transaction.load(kind, organization, ids)


async def _run(transaction: Transaction, operation: Operation[Any]) -> Any:
    """Run a batchable operation. What it is refused for has changed nothing."""
    try:
        return await operation.run(transaction)
    except (CampfireError, Instead) as error:
        return error


async def _alone(transaction: Transaction, operation: Operation[Any]) -> Any:
    """Run an operation under a savepoint. Return its result, or its own error."""
    session = transaction.session
    await transaction.flush()
    point = transaction.restore_point()
    await session.command("SAVEPOINT operation")
    try:
        if operation.kind is not None:
            await transaction.load(operation.kind, operation.organization, operation.aggregate_ids)
        result = await operation.run(transaction)
        await transaction.flush()
    except (CampfireError, Instead) as error:
        await session.command("ROLLBACK TO SAVEPOINT operation")
        await session.command("RELEASE SAVEPOINT operation")
        transaction.restore(point)
        return error
    await session.command("RELEASE SAVEPOINT operation")
    return result
