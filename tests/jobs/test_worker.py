"""A process that does jobs: what it tries again, what it gives up, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import ConfigurationError
from campfire_chat.jobs import worker as module
from campfire_chat.jobs.calls import EVERY
from campfire_chat.jobs.job import Claimed, Job, JobKind, Work
from campfire_chat.jobs.queue import LEASE
from campfire_chat.jobs.retry import Retry
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.jobs.worker import TIDY_EVERY, UNKNOWN_AFTER, Worker
from tests.jobs.conftest import OpenStore, Watch
from tests.jobs.test_queue import Defer, Errand
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

KIND = JobKind("test.errand", Errand, permissions=(), retry=Retry(attempts=3, first=10), timeout=20)

Do = Callable[[Job[Errand]], Awaitable[Any]]
Employ = Callable[..., Awaitable[Worker]]


@pytest.fixture
async def employ(watch: Watch) -> AsyncIterator[Employ]:
    """Starts workers, or makes some that only do what is due when they are told to."""
    async with AsyncExitStack() as stack:

        async def employ(
            store: Store,
            do: Do,
            *,
            start: bool = False,
            kind: Any = KIND,
            others: Sequence[Work] = (),
            **options: Any,
        ) -> Worker:
            worker = Worker(
                store.jobs,
                store.storage.submit,
                [kind.done_by(do), *others],
                now=watch,
                poll=0.05,
                **options,
            )
            store.storage.on_deferred(worker.look)
            if start:
                await worker.start()
                stack.push_async_callback(worker.stop)
            return worker

        yield employ


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.01)


def test_the_numbers_that_the_documentation_names() -> None:
    assert (module.SLOTS, module.GRACE, LEASE, UNKNOWN_AFTER, EVERY) == (16, 5, 30, 15 * 60, 0.1)


async def test_jobs_are_done_once_and_their_effects_stored(
    store: Store, watch: Watch, employ: Employ
) -> None:
    done: list[int] = []

    async def do(job: Job[Errand]) -> Defer | None:
        done.append(job.arguments.number)
        return Defer([job.arguments.number + 100], run_at=watch()) if done[-1] < 100 else None

    await employ(store, do, start=True)
    await store.storage.submit(Defer(range(40), run_at=watch()))
    await until(lambda: len(done) >= 80)
    assert sorted(done) == [*range(40), *range(100, 140)]


async def test_a_failure_is_tried_again_and_at_last_parked(
    store: Store, watch: Watch, employ: Employ, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[tuple[str, int]] = []

    async def do(job: Job[Errand]) -> None:
        attempts.append((job.id, job.attempt))
        raise ValueError("no such errand")

    worker = await employ(store, do)
    await store.storage.submit(Defer([1], run_at=watch()))
    for _ in range(5):
        await worker.run_due()
        watch.move(40)
    assert [attempt for _, attempt in attempts] == [1, 2, 3]
    assert len({job_id for job_id, _ in attempts}) == 1
    (parked,) = await store.jobs.parked()
    assert parked.error == "ValueError: no such errand"
    assert "was parked" in caplog.text
    assert "no such errand" in caplog.text


async def test_one_that_fails_stops_no_other(store: Store, watch: Watch, employ: Employ) -> None:
    done: list[int] = []

    async def do(job: Job[Errand]) -> None:
        if job.arguments.number % 2:
            raise RuntimeError("odd")
        done.append(job.arguments.number)

    worker = await employ(store, do)
    await store.storage.submit(Defer(range(20), run_at=watch()))
    await worker.run_due()
    assert sorted(done) == list(range(0, 20, 2))


async def test_one_that_hangs_is_broken_off(store: Store, watch: Watch, employ: Employ) -> None:
    kind = JobKind("test.errand", Errand, permissions=(), retry=Retry(attempts=1), timeout=0.01)

    async def do(job: Job[Errand]) -> None:
        await asyncio.Event().wait()

    worker = await employ(store, do, kind=kind)
    await store.storage.submit(Defer([1], run_at=watch()))
    await worker.run_due()
    (parked,) = await store.jobs.parked()
    assert parked.error is not None
    assert parked.error.startswith("TimeoutError")


async def test_arguments_that_cannot_be_read_are_parked_at_once(
    store: Store, watch: Watch, employ: Employ
) -> None:
    class Stricter(Errand, frozen=True):
        colour: str = ""

    class Other(Errand, frozen=True, kw_only=True):
        colour: str

    async def do(job: Job[Any]) -> None:
        raise AssertionError("it cannot be done")

    worker = await employ(store, do, kind=JobKind("test.errand", Other, permissions=()))
    await store.storage.submit(Defer([1], run_at=watch()))
    await worker.run_due()
    (parked,) = await store.jobs.parked()
    assert parked.attempts == 1
    assert "colour" in (parked.error or "")


async def test_one_that_takes_its_process_with_it_is_parked(
    store: Store, watch: Watch, employ: Employ
) -> None:
    async def do(job: Job[Errand]) -> None:
        raise AssertionError("one attempt too many")

    worker = await employ(store, do)
    await store.storage.submit(Defer([1], run_at=watch()))
    for _ in range(3):
        # A process claims it and is gone.
        assert await store.jobs.claim(["test.errand"], 1, room={}, most=1)
        watch.move(LEASE)
    await worker.run_due()
    (parked,) = await store.jobs.parked()
    assert parked.error == "Every attempt was broken off."


async def test_a_stop_waits_for_what_is_under_way(
    store: Store, watch: Watch, employ: Employ
) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    done: list[int] = []

    async def do(job: Job[Errand]) -> None:
        began.set()
        await may_end.wait()
        done.append(job.arguments.number)

    worker = await employ(store, do, start=True)
    await store.storage.submit(Defer([1], run_at=watch()))
    await began.wait()
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    await store.storage.submit(Defer([2], run_at=watch()))
    may_end.set()
    await stopping
    assert done == [1]
    assert [job.attempt for job in await store.jobs.claim(["test.errand"], 9, room={}, most=9)] == [
        1
    ]


async def test_what_does_not_end_in_time_is_given_back(
    open_store: OpenStore, watch: Watch, employ: Employ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.01)
    began = asyncio.Event()

    async def hang(job: Job[Errand]) -> None:
        began.set()
        await asyncio.Event().wait()

    first, second = await open_store(), await open_store()
    worker = await employ(first, hang, start=True)
    await first.storage.submit(Defer([1], run_at=watch()))
    await began.wait()
    await worker.stop()
    # Another process has it at once, not only when the lease would have ended.
    (job,) = await second.jobs.claim(["test.errand"], 1, room={}, most=1)
    assert job.attempt == 1


async def test_what_a_claim_brings_while_the_worker_stops_is_given_back(
    store: Store, watch: Watch, employ: Employ, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()
    claim = store.jobs.claim

    async def slow_claim(*args: Any, **options: Any) -> list[Claimed]:
        claimed = await claim(*args, **options)
        if claimed:
            asked.set()
            await may_answer.wait()
        return claimed

    async def do(job: Job[Errand]) -> None:
        raise AssertionError("it was begun after the stop")

    monkeypatch.setattr(store.jobs, "claim", slow_claim)
    worker = await employ(store, do, start=True)
    await store.storage.submit(Defer([1, 2], run_at=watch()))
    await asked.wait()
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    may_answer.set()
    await stopping
    again = await claim(["test.errand"], 9, room={}, most=9)
    assert [job.attempt for job in again] == [1, 1]
    assert await store.jobs.parked() == []


async def test_unknown_kinds_wait_until_a_process_has_run_for_a_while(
    store: Store, watch: Watch, employ: Employ, caplog: pytest.LogCaptureFixture
) -> None:
    """After a long stop of all processes the first one may be older than the one that knows."""
    other = JobKind("test.other", Errand, permissions=())

    async def do(job: Job[Errand]) -> None: ...

    await store.storage.submit(Defer([1], run_at=watch()))
    watch.move(100_000)
    worker = await employ(store, do, kind=other)
    await worker.run_due()
    watch.move(UNKNOWN_AFTER - 1)
    await worker.run_due()
    assert await store.jobs.parked() == []
    watch.move(1 + TIDY_EVERY)
    await worker.run_due()
    (parked,) = await store.jobs.parked()
    assert parked.kind == "test.errand"
    assert "'test.errand'" in caplog.text


async def test_a_busy_organisation_leaves_slots_to_the_others(
    store: Store, watch: Watch, employ: Employ
) -> None:
    may_end = asyncio.Event()
    begun: list[str] = []

    async def do(job: Job[Errand]) -> None:
        begun.append(job.organization)
        if job.organization == "busy":
            await may_end.wait()

    await employ(store, do, start=True)
    await store.storage.submit(Defer(range(100), run_at=watch(), organization="busy"))
    await until(lambda: begun.count("busy") == module.SLOTS_OF_ONE)
    await store.storage.submit(Defer(range(10), run_at=watch(), organization="calm"))
    await until(lambda: begun.count("calm") == 10)
    assert begun.count("busy") == module.SLOTS_OF_ONE
    may_end.set()
    await until(lambda: begun.count("busy") == 100)


async def test_jobs_of_other_processes_are_found(
    open_store: OpenStore, watch: Watch, employ: Employ
) -> None:
    here, there = await open_store(), await open_store()
    done: list[int] = []

    async def do(job: Job[Errand]) -> None:
        done.append(job.arguments.number)

    await employ(here, do, start=True)
    await there.storage.submit(Defer([7], run_at=watch() + SECOND))
    watch.move(1)
    await until(lambda: done == [7])


async def test_a_schedule_is_kept_by_several_processes(
    open_store: OpenStore, watch: Watch, employ: Employ
) -> None:
    done: list[str] = []

    async def do(job: Job[Errand]) -> None:
        done.append(job.id)

    schedule = Schedule("test", 60, "test.errand")
    stores = [await open_store() for _ in range(3)]
    for store in stores:
        await employ(store, do, start=True, schedules=[schedule])
    for slot in range(1, 6):
        await until(lambda: len(done) == slot)  # noqa: B023 - awaited in this very round
        # A minute is longer than a lease: the end of the job has to be stored before it passes.
        async with asyncio.timeout(120):
            while await stores[0].jobs.next_due(["test.errand"]) is not None:
                await asyncio.sleep(0.01)
        watch.move(60)
    await until(lambda: len(done) == 6)
    assert len(set(done)) == 6


async def test_a_schedule_waits_behind_no_other_job(
    store: Store, watch: Watch, employ: Employ
) -> None:
    may_end = asyncio.Event()
    running, ticks = 0, 0

    async def do(job: Job[Errand]) -> None:
        nonlocal running
        running += 1
        await may_end.wait()

    async def tick(job: Job[Errand]) -> None:
        nonlocal ticks
        ticks += 1

    # More than one process has room for, and all of them were due before the first slot.
    await store.storage.submit(Defer(range(50), run_at=watch() - 10 * SECOND))
    kind = JobKind("test.tick", Errand, permissions=())
    await employ(
        store,
        do,
        start=True,
        others=[kind.done_by(tick)],
        schedules=[Schedule("test", 2, "test.tick")],
    )
    for slot in range(1, 4):
        await until(lambda: (running, ticks) == (12, slot))  # noqa: B023 - awaited in this very round
        watch.move(2)
    may_end.set()
    await until(lambda: (running, ticks) == (50, 4))


async def test_a_kind_has_its_own_limit_beside_the_others(
    store: Store, watch: Watch, employ: Employ
) -> None:
    kind = JobKind("test.errand", Errand, permissions=(), at_once=2)
    may_end = asyncio.Event()
    running, most, done = 0, 0, 0

    async def do(job: Job[Errand]) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await may_end.wait()
        running -= 1
        done += 1

    await employ(store, do, start=True, kind=kind)
    await store.storage.submit(Defer(range(10), run_at=watch()))
    await until(lambda: running == 2)
    # It looks again, and takes no third one.
    watch.move(1)
    await store.storage.submit(Defer([10], run_at=watch()))
    assert await store.jobs.next_due(["test.errand"]) is not None
    may_end.set()
    await until(lambda: done == 11)
    assert most == 2


async def test_the_next_moment_is_that_of_a_job_or_of_a_schedule(
    store: Store, watch: Watch, employ: Employ
) -> None:
    async def do(job: Job[Errand]) -> None: ...

    schedule = Schedule("test", 60, "test.errand")
    idle = await employ(store, do)
    assert await idle.next_moment() is None
    worker = await employ(store, do, schedules=[schedule])
    assert await worker.next_moment() == schedule.next_slot(watch())
    soon = watch() + 1
    await store.storage.submit(Defer([1], run_at=soon))
    assert await worker.next_moment() == await idle.next_moment() == soon
    # What is due by now is no later moment.
    watch.move(0.001)
    assert await idle.next_moment() is None
    # The job that was due, and that of the schedule's present slot.
    assert await worker.run_due() == 2
    assert await worker.run_due() == 0


async def test_each_failure_is_told_of(store: Store, watch: Watch, employ: Employ) -> None:
    told: list[str] = []

    async def do(job: Job[Errand]) -> None:
        raise ValueError(f"attempt {job.attempt}")

    worker = await employ(store, do, on_failure=lambda error: told.append(str(error)))
    await store.storage.submit(Defer([1], run_at=watch()))
    for _ in range(3):
        await worker.run_due()
        watch.move(40)
    assert told == ["attempt 1", "attempt 2", "attempt 3"]


async def test_an_outcome_that_cannot_be_stored_is_told_of_and_comes_again(
    store: Store, watch: Watch, employ: Employ, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Exception] = []
    attempts: list[int] = []

    async def do(job: Job[Errand]) -> None:
        attempts.append(job.attempt)

    async def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("the database is away")

    worker = await employ(store, do, on_failure=told.append)
    await store.storage.submit(Defer([1], run_at=watch()))
    with monkeypatch.context() as patch:
        patch.setattr(store.jobs, "finish", away)
        patch.setattr(store.jobs, "retry", away)
        await worker.run_due()
    assert [str(error) for error in told] == ["the database is away"]
    watch.move(LEASE)
    assert await worker.run_due() == 1
    assert attempts == [1, 2]
    assert await store.jobs.next_due(["test.errand"]) is None


async def test_a_long_job_keeps_its_lease_and_is_broken_off_when_it_is_lost(
    store: Store, watch: Watch, employ: Employ, database_url: str
) -> None:
    began, broken_off = asyncio.Event(), asyncio.Event()

    async def do(job: Job[Errand]) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            broken_off.set()
            raise

    truth = Truth(database_url)

    def leased_until() -> int:
        return truth.query("SELECT due_at FROM campfire_jobs")[0][0]

    store.jobs.lease = 0.3
    await employ(store, do, start=True)
    await store.storage.submit(Defer([1], run_at=watch()))
    await began.wait()
    for _ in range(3):
        watch.move(0.2)
        await until(lambda: leased_until() == watch() + int(0.3 * SECOND))
    assert not broken_off.is_set()
    # Another process believed that this one was dead.
    truth.write("UPDATE campfire_jobs SET lease = 'another', due_at = ?", watch() + 99 * SECOND)
    async with asyncio.timeout(120):
        await broken_off.wait()
    assert truth.query("SELECT lease, attempts FROM campfire_jobs") == [("another", 1)]


async def test_what_cannot_work_is_refused(store: Store, watch: Watch, employ: Employ) -> None:
    async def do(job: Job[Errand]) -> None: ...

    with pytest.raises(ConfigurationError):
        await employ(store, do, schedules=[Schedule("test", 60, "test.other")])
    with pytest.raises(ConfigurationError):
        Worker(
            store.jobs,
            store.storage.submit,
            [KIND.done_by(do), KIND.done_by(do)],
            now=watch,
            poll=1,
        )
