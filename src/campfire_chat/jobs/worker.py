"""Does jobs: claims them, runs their code, and keeps their leases."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from campfire_chat.core.clock import SECOND, Clock
from campfire_chat.core.errors import ConfigurationError
from campfire_chat.jobs import failures
from campfire_chat.jobs.failures import OnFailure
from campfire_chat.jobs.finish import FinishWith
from campfire_chat.jobs.job import Claimed, Work
from campfire_chat.jobs.queue import Queue
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.operation import Operation

logger = logging.getLogger("campfire_chat.jobs")

#: Jobs that one process does at the same time.
SLOTS = 16
#: How many of these one organisation may use. The others always find a free one.
SLOTS_OF_ONE = 12
#: Seconds that a stop waits for running jobs. Then they are returned to the queue.
GRACE = 5.0
#: Seconds between searches for jobs that nobody would ever claim.
TIDY_EVERY = 60.0
#: Seconds for which a job of an unknown kind is left alone: a newer process may be about to do it.
#: A process that starts leaves it alone for as long, because nobody may have been there before.
UNKNOWN_AFTER = 900.0

#: What the other processes are told over the bus when there are jobs for them.
SIGNAL = "jobs"

Submit = Callable[[Operation[Any]], asyncio.Future[Any]]


def _nobody() -> None:
    """Calls nobody: there are no other processes."""


class Worker:
    """See the module.

    Args:
        queue: The queue of jobs.
        submit: Puts an operation into the ledger's queue.
        works: The kinds that this process can do, with their code.
        schedules: Jobs that come again and again.
        now: The wall clock.
        poll: Seconds between two queries for jobs of which nobody has told this process.
        slots: How many jobs may run at the same time.
        call_others: Called when there are jobs that this process does not take now.
        on_failure: Told of the error of each attempt that fails.

    Raises:
        ConfigurationError: Two kinds have one name, or a schedule's kind has no code.
    """

    def __init__(
        self,
        queue: Queue,
        submit: Submit,
        works: Sequence[Work],
        schedules: Sequence[Schedule] = (),
        *,
        now: Clock,
        poll: float,
        slots: int = SLOTS,
        call_others: Callable[[], None] = _nobody,
        on_failure: OnFailure = failures.nobody,
    ) -> None:
        self._works = {work.kind: work for work in works}
        if len(self._works) < len(works):
            raise ConfigurationError("Two kinds of jobs have the same name.")
        for schedule in schedules:
            if schedule.kind not in self._works:
                raise ConfigurationError(f"The kind {schedule.kind!r} of a schedule has no code.")
        self._queue = queue
        self._submit = submit
        self._schedules = schedules
        self._now = now
        self._poll = poll
        self._slots = slots
        self._call_others = call_others
        self._on_failure = on_failure
        self._of_one = max(1, slots * SLOTS_OF_ONE // SLOTS)
        self._running: dict[Claimed, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._made_at = now()
        self._tidied_at = 0
        #: The latest slot of each schedule that this process knows to have a job.
        self._fired: dict[str, int] = {}
        self._claims: asyncio.Task[None] | None = None
        self._leases: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._stopping = False
        self._claims = asyncio.create_task(self._serve(), name="campfire-jobs")
        self._leases = asyncio.create_task(self._keep_leases(), name="campfire-jobs-leases")

    async def stop(self) -> None:
        """Claim no more jobs, and wait for those that run. What takes too long is returned."""
        self._stopping = True
        self._wake.set()
        if self._claims is None or self._leases is None:
            return
        await self._claims
        if self._running:
            await asyncio.wait(self._running.values(), timeout=GRACE)
        under_way = list(self._running.values())
        for task in under_way:
            task.cancel()
        self._leases.cancel()
        await asyncio.gather(*under_way, self._leases, return_exceptions=True)
        self._claims = self._leases = None

    def look(self, run_at: int) -> None:
        """A job has been deferred that may begin at that time."""
        # A later one is found by the query that runs at its time.
        if run_at <= self._now() + int(self._poll * SECOND):
            self._wake.set()
            if self._claims is None or self._is_busy:
                self._call_others()

    def called(self) -> None:
        """Another process has jobs for this one."""
        self._wake.set()

    @property
    def _is_busy(self) -> bool:
        """Whether some organisation may find no slot here."""
        return len(self._running) >= self._of_one

    async def run_due(self) -> int:
        """Do all jobs that are due, wait for them, and return how many there were."""
        begun = 0
        while tasks := await self._begin():
            begun += len(tasks)
            await asyncio.gather(*tasks)
        return begun

    async def _serve(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                if await self._begin():
                    # There may be more. A job that ends makes room for another one.
                    continue
                pause = await self._until_next()
            except Exception:
                logger.exception("jobs could not be claimed, again shortly")
                pause = self._poll
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _until_next(self) -> float:
        """Seconds until there may be something to do."""
        if len(self._running) >= self._slots:
            # A job that ends sets `_wake`.
            return self._poll
        soonest = await self.next_moment()
        if soonest is None:
            return self._poll
        return min(self._poll, max(0.0, (soonest - self._now()) / SECOND))

    async def next_moment(self) -> int | None:
        """When a later job may begin, or a schedule makes one, in microseconds since 1970; None
        without any."""
        now = self._now()
        moments = [schedule.next_slot(now) for schedule in self._schedules]
        due = await self._queue.next_due(list(self._works))
        if due is not None and due > now:
            moments.append(due)
        return min(moments, default=None)

    async def _begin(self) -> list[asyncio.Task[None]]:
        """Claim jobs that are due, as many as there is room for, and start them."""
        await self._fire()
        await self._tidy()
        tasks: list[asyncio.Task[None]] = []
        for kinds, most in self._claimable():
            room = min(most, self._slots - len(self._running))
            if room <= 0:
                continue
            claimed = await self._claim(kinds, room)
            if self._stopping:
                # The stop came while the database was asked.
                for job in claimed:
                    await self._queue.give_back(job)
                break
            for job in claimed:
                task = asyncio.create_task(self._do(job), name=f"campfire-job-{job.kind}")
                self._running[job] = task
                tasks.append(task)
        if tasks and self._is_busy:
            # There may be more than this process has room for.
            self._call_others()
        return tasks

    def _claimable(self) -> list[tuple[list[str], int]]:
        """Kinds that are claimed together, and how many jobs of them at most: those without a limit
        of their own, and each of the others alone."""
        running = Counter(job.kind for job in self._running)
        free = [work.kind for work in self._works.values() if work.at_once is None]
        limited = [
            ([work.kind], work.at_once - running[work.kind])
            for work in self._works.values()
            if work.at_once is not None
        ]
        return [(free, self._slots), *limited] if free else limited

    async def _claim(self, kinds: list[str], limit: int) -> list[Claimed]:
        running = Counter(job.organization for job in self._running)
        return await self._queue.claim(
            kinds,
            limit,
            room={org: self._of_one - count for org, count in running.items()},
            most=self._of_one,
        )

    async def _fire(self) -> None:
        """Create the jobs of slots that have begun since the last call."""
        for schedule in self._schedules:
            slot = schedule.slot(self._now())
            if self._fired.get(schedule.name) != slot:
                await self._queue.fire(schedule)
                self._fired[schedule.name] = slot

    async def _tidy(self) -> None:
        """From time to time, look for jobs that nobody would ever claim."""
        now = self._now()
        # The clock may have been set back.
        if 0 <= now - self._tidied_at < int(TIDY_EVERY * SECOND):
            return
        self._tidied_at = now
        before = now - int(UNKNOWN_AFTER * SECOND)
        if self._made_at <= before:
            kinds = list(self._works)
            for job_id, kind in await self._queue.park_unknown(kinds, before=before):
                logger.error("job %s was parked: no code knows its kind %r", job_id, kind)
        await self._queue.end_leases(list(self._works))

    async def _do(self, job: Claimed) -> None:
        work = self._works[job.kind]
        try:
            if job.attempt > work.retry.attempts:
                # No attempt ended by itself: its process died, or its lease ran out.
                await self._queue.park(job, error="Every attempt was broken off.")
                logger.error("job %s (%s) was parked: broken off every time", job.id, job.kind)
                return
            try:
                async with asyncio.timeout(work.timeout):
                    operation = await work.run(job)
                if operation is None:
                    await self._queue.finish(job)
                elif not await self._submit(FinishWith(job, operation)):
                    logger.warning("another process took over job %s (%s)", job.id, job.kind)
            except Exception as error:
                await self._failed(job, work, error)
                self._on_failure(error)
        except asyncio.CancelledError:
            if self._stopping:
                await self._queue.give_back(job)
            raise
        except Exception as error:
            # Another process claims the job again when its lease has run out.
            logger.exception("the outcome of job %s (%s) could not be stored", job.id, job.kind)
            self._on_failure(error)
        finally:
            del self._running[job]
            self._wake.set()

    async def _failed(self, job: Claimed, work: Work, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        delay = work.retry.delay(job.attempt)
        if delay is None or isinstance(error, msgspec.ValidationError):
            # A retry would fail for the same reason.
            await self._queue.park(job, error=text)
            logger.error("job %s (%s) was parked", job.id, job.kind, exc_info=error)
            return
        await self._queue.retry(job, delay=delay, error=text)
        logger.warning(
            "job %s (%s) failed at attempt %d, again within %.1f s",
            *(job.id, job.kind, job.attempt, work.retry.ceiling(job.attempt)),
            exc_info=error,
        )

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._queue.lease / 3)
            try:
                lost = await self._queue.renew(list(self._running))
            except Exception:
                logger.exception("leases of jobs could not be renewed, again shortly")
                continue
            for job in lost:
                if (task := self._running.get(job)) is not None:
                    task.cancel()
