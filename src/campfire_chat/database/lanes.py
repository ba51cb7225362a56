"""Lanes: long-running tasks that each own one database connection.

No other module uses ``databases``. Callers give work to a lane and await a future. So a cancelled
caller does not affect the connection, no transaction is shared by accident, and a broken
connection is replaced in one place.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from databases import Database
from sqlalchemy.sql.elements import ClauseElement

from campfire_chat.core.errors import CampfireError, OverloadedError, StorageUnavailableError
from campfire_chat.core.urls import redacted
from campfire_chat.database.dialects import Engine, Failure
from campfire_chat.database.prepared import Prepared, Row
from campfire_chat.database.statement import BulkDelete, BulkInsert, Query

logger = logging.getLogger("campfire_chat.storage")

T = TypeVar("T")
Work = Callable[["Session"], Awaitable[T]]

#: Number of attempts before the caller gets StorageUnavailableError.
ATTEMPTS = 5
#: Seconds that all attempts together may take.
DEADLINE = 12.0
#: Seconds that stopping waits for work that is under way.
STOP_TIMEOUT = 5.0
#: The longest wait before the first repetition, in seconds. It doubles each time (full jitter).
BACKOFF = 0.1


class Session:
    """The connection of a lane, as its work uses it."""

    def __init__(self, connection: Any, engine: Engine) -> None:
        # `databases` is typed only in part.
        self._connection = connection
        self.engine = engine
        self.raw: Any = connection.raw_connection

    async def all(self, query: ClauseElement) -> list[dict[str, Any]]:
        """Every row of a query, by column name."""
        rows = await self._connection.fetch_all(query)
        return [dict(row._mapping) for row in rows]

    async def first(self, query: ClauseElement) -> dict[str, Any] | None:
        """The first row of a query, by column name."""
        row = await self._connection.fetch_one(query)
        return None if row is None else dict(row._mapping)

    async def execute(self, query: ClauseElement) -> None:
        """Run a query and ignore its rows."""
        await self._connection.execute(query)

    async def fetch(self, query: Query, **values: Any) -> Sequence[Row]:
        """Every row of a hot query, by position."""
        return await self.run(query.prepare(self.engine, values))

    async def fetch_all(self, *steps: Prepared) -> list[Sequence[Row]]:
        """Every row of several hot queries, asked together."""
        return await self.engine.run_all(self.raw, steps)

    async def write(self, statement: BulkInsert | BulkDelete, rows: Sequence[Row]) -> None:
        """Run a hot write for many rows. Does nothing without rows."""
        if rows:
            await self.run(statement.prepare(self.engine, rows))

    async def write_all(
        self,
        writes: Sequence[tuple[BulkInsert, Sequence[Row]]],
        closing: Sequence[tuple[str, Prepared]] = (),
    ) -> dict[str, int]:
        """Run several hot writes that do not depend on each other; see ``Engine.write_all``."""
        steps = [statement.prepare(self.engine, rows) for statement, rows in writes]
        return await self.engine.write_all(self.raw, steps, closing)

    async def command(self, sql: str, *, patient: bool = False) -> None:
        """Run SQL that returns nothing, such as SAVEPOINT; see :class:`Prepared`."""
        await self.run(Prepared(sql, returns=False, patient=patient))

    async def run(self, step: Prepared) -> Sequence[Row]:
        return await self.engine.run(self.raw, step)

    async def transaction(
        self, work: Callable[[list[Sequence[Row]]], Awaitable[T]], *opening: Prepared
    ) -> T:
        """Run ``work`` between BEGIN and COMMIT; any exception rolls back and is raised.

        When the connection fails during COMMIT, it is unknown whether the COMMIT took effect.

        BEGIN and COMMIT are explicit, because after a failed COMMIT ``databases`` leaves the
        transaction open.

        Args:
            work: Gets the rows of ``opening``.
            opening: Queries that it needs first. They are sent together with BEGIN.
        """
        begin = Prepared(self.engine.begin, returns=False)
        try:
            _, *rows = await self.engine.run_all(self.raw, [begin, *opening])
            result = await work(rows)
            await self.command("COMMIT")
        except BaseException as error:
            # Otherwise the connection is closed, and the transaction ends with it; to ask a
            # server that does not answer would only take as long once more.
            if self.engine.usable_after(error) and self.engine.in_transaction(self.raw):
                await self.command("ROLLBACK")
            raise
        return result


class _Job:
    __slots__ = ("future", "work")

    def __init__(self, work: Work[Any], future: asyncio.Future[Any]) -> None:
        self.work = work
        self.future = future


class LaneFailure(Exception):
    def __init__(self, failure: Failure, cause: BaseException) -> None:
        super().__init__(f"{failure.value}: {cause}")
        self.failure = failure
        self.cause = cause


class Lanes:
    """A group of lanes that take work from one queue.

    Args:
        url: The database.
        engine: The kind of database.
        count: Number of lanes, which is the number of connections.
        writable: Whether they may write.
        limit: Number of jobs that may wait. More are refused.
    """

    def __init__(self, url: str, engine: Engine, *, count: int, writable: bool, limit: int) -> None:
        self._url = url
        self.engine = engine
        self._count = count
        self._writable = writable
        self._limit = limit
        self._jobs: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._stopped = asyncio.Event()
        self.connected = 0

    async def start(self) -> None:
        """Connect every lane.

        Raises:
            StorageUnavailableError: The database cannot be reached.
        """
        self.engine.check(self._url, writable=self._writable)
        self._stopping = False
        self._stopped.clear()
        loop = asyncio.get_running_loop()
        ready = [loop.create_future() for _ in range(self._count)]
        self._tasks = [asyncio.create_task(self._supervise(first)) for first in ready]
        try:
            await asyncio.gather(*ready)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Finish the waiting work within a time limit, then close the connections."""
        self._stopping = True
        self._stopped.set()
        self._wake.set()
        if self._tasks:
            _, stuck = await asyncio.wait(self._tasks, timeout=STOP_TIMEOUT)
            for task in stuck:
                logger.warning("the database does not answer; its connection is closed")
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._refuse_waiting(StorageUnavailableError("The service is stopping."))

    async def run(
        self, work: Work[T], *, attempts: int = ATTEMPTS, deadline: float | None = DEADLINE
    ) -> T:
        """Let a lane run ``work``, and return its result.

        Work that fails because of the connection or of another transaction is repeated, so it
        has to be repeatable as a whole.

        Args:
            deadline: Seconds that all attempts together may take; None for as long as it takes.

        Raises:
            OverloadedError: Too much work is waiting.
            StorageUnavailableError: The database could not be reached in any attempt.
            Exception: Any exception of ``work``, also a conflict that occurred every time.
        """
        try:
            async with asyncio.timeout(deadline):
                return await self._attempt(work, attempts)
        except TimeoutError:
            # The lane may still succeed with this work. Repeating it is safe.
            raise StorageUnavailableError(retry_after=1.0) from None

    async def _attempt(self, work: Work[T], attempts: int) -> T:
        for attempt in range(attempts):
            if attempt:
                # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
                await asyncio.sleep(random.uniform(0, BACKOFF * 2**attempt))  # noqa: S311
            try:
                return await self._submit(work)
            except LaneFailure as failure:
                last = attempt == attempts - 1
                if failure.failure is Failure.STATEMENT or (
                    failure.failure is Failure.CONFLICT and last
                ):
                    raise failure.cause from None
                logger.warning("database work failed (attempt %d): %s", attempt + 1, failure)
                if failure.failure is Failure.UNAVAILABLE:
                    break
        raise StorageUnavailableError(retry_after=1.0)

    async def _submit(self, work: Work[T]) -> T:
        if self._stopping:
            raise StorageUnavailableError("The service is stopping.", retry_after=1.0)
        if len(self._jobs) >= self._limit:
            raise OverloadedError(retry_after=1.0)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.append(_Job(work, future))
        self._wake.set()
        return await future

    async def _supervise(self, ready: asyncio.Future[None]) -> None:
        failures = 0
        while not (self._stopping and not self._jobs):
            # A new task for each connection: `databases` ties a connection to the task that opened
            # it. After a failure inside a transaction that task cannot be used again.
            outcome = await asyncio.gather(
                asyncio.create_task(self._serve(ready)), return_exceptions=True
            )
            error = outcome[0]
            if not isinstance(error, BaseException):
                failures = 0
                continue
            if not ready.done():
                ready.set_exception(
                    StorageUnavailableError(
                        f"The database {redacted(self._url)} cannot be reached: {_reason(error)}"
                    )
                )
                return
            failures += 1
            if self.connected == 0:
                self._refuse_waiting(LaneFailure(Failure.CONNECTION, error))
            if self._stopping:
                return
            # With jitter, so that many processes do not reconnect at the same moment.
            delay = min(1.0, 0.05 * 2**failures) * random.uniform(0.5, 1)  # noqa: S311
            logger.warning(
                "database connection failed, next attempt in %.2f s: %s", delay, _reason(error)
            )
            await self._pause(delay)

    async def _pause(self, seconds: float) -> None:
        """Sleep until the time is over or the lane is stopped."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return

    async def _serve(self, ready: asyncio.Future[None]) -> None:
        """Own one connection until it breaks or the lane stops."""
        async with AsyncExitStack() as stack:
            session = Session(await self._connect(stack), self.engine)
            stack.push_async_callback(self.engine.leave, session.raw)
            for statement in self.engine.setup(writable=self._writable):
                await session.command(statement)
            self.connected += 1
            try:
                if not ready.done():
                    ready.set_result(None)
                await self._work(session)
            finally:
                self.connected -= 1

    async def _connect(self, stack: AsyncExitStack) -> Any:
        """Connect to the first usable database server. ``stack`` disconnects."""
        self.engine.check(self._url, writable=self._writable)
        refused: Exception | None = None
        for url, options in self.engine.routes(self._url, writable=self._writable):
            async with AsyncExitStack() as attempt:
                try:
                    database = Database(url, **options)
                    await database.connect()
                    attempt.push_async_callback(database.disconnect)
                    connection = await attempt.enter_async_context(database.connection())
                except Exception as error:
                    # Whatever the error, the next server may work.
                    logger.debug("a database server cannot be used: %s", _reason(error))
                    refused = error
                else:
                    stack.push_async_exit(attempt.pop_all())
                    return connection
        raise refused or StorageUnavailableError("The database URL names no server.")

    async def _work(self, session: Session) -> None:
        """Do jobs until the lane stops or the connection is broken."""
        while True:
            while not self._jobs:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
            job = self._jobs.popleft()
            if job.future.done():
                continue
            if not await self._do(session, job):
                return

    async def _do(self, session: Session, job: _Job) -> bool:
        """Do one job. False when the connection is broken."""
        try:
            result = await job.work(session)
        except CampfireError as error:
            _fail(job, error)
        except Exception as error:
            _fail(job, LaneFailure(self.engine.classify(error), error))
            # After an unexpected error inside a transaction the connection is not used again.
            return self.engine.usable_after(error) and not self.engine.in_transaction(session.raw)
        except BaseException:
            job.future.cancel()
            raise
        else:
            if not job.future.done():
                job.future.set_result(result)
        return True

    def _refuse_waiting(self, error: Exception) -> None:
        while self._jobs:
            _fail(self._jobs.popleft(), error)


def _fail(job: _Job, error: Exception) -> None:
    if not job.future.done():
        job.future.set_exception(error)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
