"""The write side: many callers, one transaction at a time, an answer only after COMMIT.

Group commit: whatever queued up while the last transaction ran goes into the next one, so the
cost of an fsync is shared by everybody who waits for it. Messages and receipts are worked off
in bulk; any other operation runs in its turn under a savepoint and fails alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from campfire_chat.errors import (
    CampfireError,
    InternalError,
    OverloadedError,
    StorageUnavailableError,
)
from campfire_chat.protocols import Clock
from campfire_chat.storage.dialects import Failure
from campfire_chat.storage.lanes import STOP_TIMEOUT, Lanes, Session
from campfire_chat.storage.operations import Bulk, Operation
from campfire_chat.storage.reads import reads_of
from campfire_chat.storage.sends import run_bulk
from campfire_chat.storage.statement import Row
from campfire_chat.storage.transaction import Committed, Notice, Transaction

logger = logging.getLogger("campfire_chat.storage")

T = TypeVar("T")

#: Operations of one transaction: enough to share an fsync, few enough to bound its time.
BATCH = 256

OnCommit = Callable[[list[Committed], list[Notice]], None]


class _Waiting(Generic[T]):
    __slots__ = ("future", "operation")

    def __init__(self, operation: Operation[T], future: asyncio.Future[T]) -> None:
        self.operation = operation
        self.future = future

    def resolve(self, outcome: T | BaseException) -> None:
        if self.future.done():
            return
        if isinstance(outcome, BaseException):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class Ledger:
    """See the module.

    Args:
        lane: The writer lane.
        on_commit: Told every event and receipt notice right after they are durable, in the order
            of their seqs; must not block.
        now: The wall clock.
        limit: Operations that may wait.
    """

    def __init__(self, lane: Lanes, *, on_commit: OnCommit, now: Clock, limit: int) -> None:
        self._lane = lane
        self._on_commit = on_commit
        self._now = now
        self._limit = limit
        self._queue: deque[_Waiting[Any]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        self._stopping = False
        self._task = asyncio.create_task(self._serve(), name="campfire-ledger")
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Commit what waits, within reason, then end."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            _, stuck = await asyncio.wait([self._task], timeout=STOP_TIMEOUT)
            if stuck:
                # Callers are told to come back; with their client ids that is safe.
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Leave nobody waiting, however the ledger came to its end."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.critical("the ledger has failed; nothing can be written", exc_info=error)
        while self._queue:
            self._queue.popleft().resolve(StorageUnavailableError(retry_after=1.0))

    def enqueue(self, operation: Operation[T]) -> asyncio.Future[T]:
        """Put an operation in the queue; its future resolves once it is durable or refused.

        A caller that goes away, or cancels the future, does not undo it. The future fails with
        StorageUnavailableError when it could not be committed (doing it again is safe), and
        with the CampfireError that the operation raised, of which then nothing was stored.

        Raises:
            OverloadedError: Too many operations wait.
            StorageUnavailableError: The ledger is not running.
        """
        if self._stopping or not self.running:
            raise StorageUnavailableError(retry_after=1.0)
        if len(self._queue) >= self._limit:
            raise OverloadedError(retry_after=1.0)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(operation, future))
        self._wake.set()
        return future

    async def submit(self, operation: Operation[T]) -> T:
        """:meth:`enqueue`, and wait for the outcome."""
        return await self.enqueue(operation)

    async def _serve(self) -> None:
        while True:
            while not self._queue:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
            size = min(len(self._queue), BATCH)
            batch = [self._queue.popleft() for _ in range(size)]
            try:
                await self._commit(batch)
            except BaseException:
                for waiting in batch:
                    waiting.resolve(StorageUnavailableError(retry_after=1.0))
                raise

    async def _commit(self, batch: list[_Waiting[Any]]) -> None:
        operations = [waiting.operation for waiting in batch]
        try:
            outcomes, transaction = await self._lane.run(
                lambda session: self._transact(session, operations)
            )
        except CampfireError as error:
            for waiting in batch:
                waiting.resolve(error)
        except Exception as error:
            if len(batch) > 1:
                # One of them is poison; alone, only that one fails.
                for waiting in batch:
                    await self._commit([waiting])
                return
            logger.error("an operation failed unexpectedly", exc_info=error)
            contended = self._lane.engine.classify(error) is Failure.CONFLICT
            outcome = StorageUnavailableError(retry_after=1.0) if contended else InternalError()
            batch[0].resolve(outcome)
        else:
            # Publish before answering: a sender's own event is under way when its ok arrives.
            try:
                self._on_commit(transaction.committed, list(transaction.notices.values()))
            except Exception:
                # It is stored, and the look at the heads finds it; the ledger has to go on.
                logger.exception("what was committed could not be announced")
            for waiting, outcome in zip(batch, outcomes, strict=True):
                waiting.resolve(outcome)

    async def _transact(
        self, session: Session, operations: list[Operation[Any]]
    ) -> tuple[list[Any], Transaction]:
        reads = reads_of(operations)

        async def work(rows: list[Sequence[Row]]) -> tuple[list[Any], Transaction]:
            transaction = Transaction(session, self._now)
            await transaction.begin(reads, rows)
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
            return outcomes, transaction

        return await session.transaction(work, *(read.prepare(session.engine) for read in reads))


async def _alone(transaction: Transaction, operation: Operation[Any]) -> Any:
    """Run an operation under a savepoint: its result, or the error that it alone fails with."""
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
