"""The ledger: many callers, one transaction at a time, and an answer only after COMMIT.

Group commit: all writes that were queued while the last transaction ran go into the next one. So
they share the cost of an fsync.

There are two paths. On the optimistic path, messages and receipts in conversations that this
process holds in memory are added to a batch, while the database is busy with the previous batch.
The commit only has to verify that the state behind the batch is still current. Everything else,
and every batch that failed, takes the locking path: a transaction that reads under its own locks.
It processes operations together where possible, and otherwise one by one under a savepoint, so
that an operation that is refused fails alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from campfire_chat.access.actor import Actor
from campfire_chat.core.clock import Clock
from campfire_chat.core.errors import (
    CampfireError,
    InternalError,
    OverloadedError,
    StorageUnavailableError,
)
from campfire_chat.database.dialects import Commit, Failure
from campfire_chat.database.lanes import STOP_TIMEOUT, Lanes, Session
from campfire_chat.ledger.aggregate import AnyKind
from campfire_chat.ledger.locking import Attempts, LockingPath, Refused
from campfire_chat.ledger.operation import Instead, Operation
from campfire_chat.ledger.outage import Outage
from campfire_chat.ledger.record_cache import RecordCache
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import Committed, Heads, Notice, Unread, WriteBatch
from campfire_chat.ledger.write_queue import JOINED, Waiting, WriteQueue

logger = logging.getLogger("campfire_chat.storage")

T = TypeVar("T")

#: Number of operations in a transaction: enough to share an fsync, few enough to bound its time.
BATCH = 256
#: Seconds after which the lane does other work for a moment.
AT_A_STRETCH = 0.5
#: One part in this many of the queue, in number and in bytes, is reserved for agents.
RESERVED = 4
#: Number of operations that justify another commit while one is still running.
WORTHWHILE = 16

OnCommit = Callable[[list[Committed], list[Notice], Heads], None]


class _Pending:
    """A write batch and the operations in it."""

    __slots__ = ("batch", "commit", "waiting")

    def __init__(self, batch: WriteBatch) -> None:
        self.batch = batch
        self.waiting: list[Waiting[Any]] = []
        self.commit: Commit | None = None

    def complete(self) -> None:
        """Pass the heads of the inboxes from the commit to the batch, if it got that far."""
        untold = self.batch.untold
        if untold and self.commit is not None and self.commit.heads.keys() == untold.keys():
            self.batch.told(self.commit.heads)


class Ledger:
    """See the module.

    Args:
        lane: The writer lane.
        on_commit: Called with all events and receipts right after their commit, in the order of
            their seqs, and with the heads of streams in which a repetition was found. It must
            not block.
        now: The wall clock.
        limit: Number of operations that may wait. A part is reserved for agents, as of the bytes.
        limit_size: Approximate number of bytes that they may hold.

    Attributes:
        outage: Whether the database takes writes.
        on_deferred: Told when the earliest of the jobs that a commit has deferred may begin, in
            microseconds since 1970.
    """

    def __init__(
        self, lane: Lanes, *, on_commit: OnCommit, now: Clock, limit: int, limit_size: int
    ) -> None:
        self._lane = lane
        self._on_commit = on_commit
        self.on_deferred: Callable[[int], None] = _nobody_waits
        self._now = now
        self._limit = limit
        self._limit_size = limit_size
        self._limit_visitors = limit - limit // RESERVED
        self._limit_visitors_size = limit_size - limit_size // RESERVED
        self._queue = WriteQueue()
        self._wake = asyncio.Event()
        self.outage = Outage(lane, now=now)
        self._cache = RecordCache(lane.engine)
        self._locking = LockingPath(lane, now=now, publish=self._publish)
        #: The batch that is being filled, and the one that is being committed.
        self._next: _Pending | None = None
        self._under_way: deque[_Pending] = deque()
        #: Completed when the next batch has grown during a commit.
        self._room: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        self._stopping = False
        self._task = asyncio.create_task(self._serve(), name="campfire-ledger")
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Commit the waiting operations within a time limit, then end."""
        self._stopping = True
        self._wake.set()
        await self.outage.stop()
        if self._task is not None:
            _, stuck = await asyncio.wait([self._task], timeout=STOP_TIMEOUT)
            if stuck:
                # Callers get an error and repeat their writes. With their client ids that is safe.
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def congested(self) -> bool:
        """Whether the queue is more than half full."""
        return 2 * len(self._queue) > self._limit or 2 * self._queue.size > self._limit_size

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Answer all waiting callers, however the ledger ended."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.critical("the ledger has failed; nothing can be written", exc_info=error)
        self._take_back()
        while self._queue:
            self._queue.popleft().resolve(StorageUnavailableError(retry_after=1.0))

    def enqueue(self, operation: Operation[T]) -> asyncio.Future[T]:
        """Queue an operation. Its future completes when it is committed or refused.

        Cancelling the future does not undo the operation. The future fails with
        StorageUnavailableError when the operation could not be committed (repeating it is safe),
        or with the CampfireError of the operation, of which nothing was stored then.

        An operation that can be merged into a waiting one takes no further place.

        Raises:
            OverloadedError: Too many operations wait, or they hold too many bytes. For a visitor
                only the operations of visitors count.
            StorageUnavailableError: The ledger is not running.
        """
        if self._stopping or not self.running:
            raise StorageUnavailableError(retry_after=1.0)
        queue = self._queue
        waiting = queue.waiting_for(operation)
        count, size = (1, operation.size) if waiting is None else (0, JOINED)
        if len(queue) + count > self._limit or queue.size + size > self._limit_size:
            raise OverloadedError(retry_after=1.0)
        if operation.by_visitor and (
            queue.visitors + count > self._limit_visitors
            or queue.visitors_size + size > self._limit_visitors_size
        ):
            raise OverloadedError(retry_after=1.0)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if waiting is None:
            queue.append(Waiting(operation, future))
            self._wake.set()
        else:
            queue.join(waiting, operation, future)
        return future

    def lets(self, kind: AnyKind, actor: Actor, aggregate_id: str) -> bool:
        """Whether an aggregate is in memory, and the caller may see it."""
        return self._cache.lets(kind, actor, aggregate_id)

    async def submit(self, operation: Operation[T]) -> T:
        """:meth:`enqueue`, and wait for the result."""
        return await self.enqueue(operation)

    async def _serve(self) -> None:
        commits: asyncio.Task[None] | None = None
        try:
            while True:
                self._gather()
                if commits is not None and commits.done():
                    await self._ended_commits(commits)
                    commits = None
                elif commits is None and self._next is not None:
                    commits = asyncio.create_task(
                        self._lane.run(self._commit_batches, attempts=1), name="campfire-commit"
                    )
                    commits.add_done_callback(lambda _: self._wake.set())
                elif commits is None and self._queue:
                    await self._commit(self._from_queue())
                elif commits is None and self._stopping:
                    return
                else:
                    self._wake.clear()
                    await self._wake.wait()
        except BaseException:
            if commits is not None:
                commits.cancel()
            raise

    # The optimistic path: a batch from records in memory.

    def _gather(self) -> None:
        """Add the waiting operations to the next batch, as far as possible."""
        queue = self._queue
        pending = self._next
        if pending is not None:
            pending.batch.now = self._now()
        while queue and (pending is None or len(pending.waiting) < BATCH):
            waiting = queue[0]
            operation = waiting.operation
            if not operation.is_batchable:
                return
            if pending is None:
                pending = _Pending(WriteBatch(self._cache.records, self._now()))
            try:
                if not self._cache.has(operation.organization, operation.aggregate_ids):
                    return
                waiting.outcome = operation.apply(pending.batch)
            except CampfireError as error:
                waiting.outcome = error
            except Unread:
                return
            pending.waiting.append(waiting)
            self._next = pending
            queue.popleft()
        if self._room is not None and pending is not None and len(pending.waiting) >= WORTHWHILE:
            self._room.set_result(None)
            self._room = None

    async def _commit_batches(self, session: Session) -> None:
        """Commit one batch after the other, as long as there are any.

        This is one piece of work for the lane, so only one turn of the event loop lies between
        two commits. An engine with its own thread gets the next commit before it has finished,
        so it does not even wait for that turn.
        """
        if not self._cache.is_of(session):
            # A new connection: the records in memory were read over the broken one.
            raise StorageUnavailableError(retry_after=1.0)
        clock = asyncio.get_running_loop().time
        end = clock() + AT_A_STRETCH
        handed_over: deque[tuple[Commit, asyncio.Task[None], _Pending]] = deque()
        last: Commit | None = None
        while True:
            if (
                self._next is not None
                and clock() < end
                and (
                    not handed_over
                    or (
                        len(handed_over) < session.engine.depth
                        and len(self._next.waiting) >= WORTHWHILE
                    )
                )
            ):
                pending, self._next = self._next, None
                self._under_way.append(pending)
                last = pending.commit = self._cache.commit(pending.batch, after=last)
                task = asyncio.create_task(session.engine.commit(session.raw, last))
                handed_over.append((last, task, pending))
                self._gather()
                continue
            if not handed_over:
                return
            first, task, pending = handed_over[0]
            if len(handed_over) < session.engine.depth and not task.done():
                self._room = asyncio.get_running_loop().create_future()
                await asyncio.wait([task, self._room], return_when=asyncio.FIRST_COMPLETED)
                self._room = None
                if not task.done():
                    continue
            handed_over.popleft()
            # The ledger may have stopped waiting for it. The locking path finds what was committed.
            try:
                await task
            finally:
                wanted = bool(self._under_way) and self._under_way[0] is pending
                if not (first.done and wanted):
                    # Leave nothing on the lane.
                    others = [other for _, other, _ in handed_over]
                    await asyncio.gather(*others, return_exceptions=True)
            if not (first.done and wanted):
                self._cache.contend(first.stale)
                return
            self._under_way.popleft()
            pending.complete()
            self._publish(pending.batch)
            for waiting in pending.waiting:
                waiting.resolve(waiting.outcome)
            self._gather()

    async def _ended_commits(self, commits: asyncio.Task[None]) -> None:
        """Send what could not be committed to the locking path."""
        under_way = list(self._under_way)
        doubtful = False
        try:
            await commits
        except Exception as error:
            # Repeated client ids and broken connections end here. The locking path handles them.
            logger.debug("a batch could not be committed: %r", error)
            doubtful = True
        if doubtful or under_way:
            self._take_back()
        again: list[Waiting[Any]] = []
        try:
            for pending in under_way:
                attempts = Attempts()
                if doubtful:
                    pending.complete()
                    outcomes = [waiting.outcome for waiting in pending.waiting]
                    attempts.open = (outcomes, pending.batch)
                together = [self._queue.popleft() for _ in pending.waiting]
                again += await self._commit_one(together, attempts)
        finally:
            # Not before: the next batch is taken from the left of the queue.
            self._queue.extendleft(reversed(again))

    def _take_back(self) -> None:
        """Put operations that were not committed back into the queue, in order."""
        self._cache.clear()
        if self._next is not None:
            self._under_way.append(self._next)
            self._next = None
        while self._under_way:
            self._queue.extendleft(reversed(self._under_way.pop().waiting))

    # The locking path: a transaction that reads what it changes.

    def _from_queue(self) -> list[Waiting[Any]]:
        return [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]

    async def _commit(self, together: list[Waiting[Any]]) -> None:
        self._queue.extendleft(reversed(await self._commit_one(together, Attempts())))

    async def _commit_one(
        self, together: list[Waiting[Any]], attempts: Attempts
    ) -> list[Waiting[Any]]:
        """Commit a batch, answer its callers, and return those whose operations ask for others, in
        order: they go before all that waits."""
        try:
            return await self._commit_or_split(together, attempts)
        except BaseException:
            for waiting in together:
                waiting.resolve(StorageUnavailableError(retry_after=1.0))
            raise

    async def _commit_or_split(
        self, together: list[Waiting[Any]], attempts: Attempts
    ) -> list[Waiting[Any]]:
        operations = [waiting.operation for waiting in together]
        try:
            outcomes, batch = await self._locking.commit(operations, attempts)
        except Refused as refused:
            return self._answer(together, [refused.error])
        except CampfireError as error:
            self._cache.clear()
            if isinstance(error, StorageUnavailableError) and not self._stopping:
                self.outage.failed()
            for waiting in together:
                waiting.resolve(error)
        except Exception as error:
            self._cache.clear()
            if len(together) > 1:
                # One operation makes all of them fail. Run alone, only that one fails.
                again: list[Waiting[Any]] = []
                for index, waiting in enumerate(together):
                    again += await self._commit_or_split([waiting], attempts.of_one(index))
                return again
            logger.error("an operation failed unexpectedly", exc_info=error)
            contended = self._lane.engine.classify(error) is Failure.CONFLICT
            outcome = StorageUnavailableError(retry_after=1.0) if contended else InternalError()
            together[0].resolve(outcome)
        else:
            if not isinstance(batch, Transaction):
                # A batch from before the connection broke. Its records are no longer in memory.
                self._cache.clear()
            else:
                self._cache.adopt(batch)
            return self._answer(together, outcomes)
        return []

    def _answer(self, together: list[Waiting[Any]], outcomes: list[Any]) -> list[Waiting[Any]]:
        """Give the callers their answers. Those whose operations ask for others wait on."""
        again: list[Waiting[Any]] = []
        for waiting, outcome in zip(together, outcomes, strict=True):
            if isinstance(outcome, Instead):
                waiting.operation = outcome.operation
                again.append(waiting)
            else:
                waiting.resolve(outcome)
        return again

    def _publish(self, batch: WriteBatch) -> None:
        """Announce what was committed, before the answers, so that a sender gets its own event
        before its ok."""
        self.outage.worked()
        try:
            self._on_commit(batch.committed, list(batch.notices.values()), batch.repeated)
        except Exception:
            # It is stored, and a look at the heads finds it. The ledger has to continue.
            logger.exception("committed events could not be announced")
        if batch.next_job_at is not None:
            self.on_deferred(batch.next_job_at)


def _nobody_waits(run_at: int) -> None:
    """No process does jobs here; another one finds them by looking."""
