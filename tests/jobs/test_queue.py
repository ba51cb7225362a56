"""The queue of jobs, on every engine: who gets a job, how often, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from campfire_chat.access.actor import system_actor
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import NotFoundError
from campfire_chat.jobs.deferral import MAX_ERROR, park
from campfire_chat.jobs.finish import FinishWith
from campfire_chat.jobs.job import Claimed, JobKind
from campfire_chat.jobs.queue import LEASE, fair_shares
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from tests.jobs.conftest import OpenStore, Watch
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


class Errand(Struct, frozen=True):
    number: int = 0


ERRAND = JobKind("test.errand", Errand, permissions=())
KINDS = ["test.errand"]


class Defer(Operation[None]):
    """Defers errands, and then perhaps is refused."""

    def __init__(
        self,
        errands: Sequence[int],
        *,
        run_at: int,
        key: str | None = None,
        organization: str = "default",
        refused: bool = False,
    ) -> None:
        super().__init__(system_actor(organization))
        self._errands = errands
        self._run_at = run_at
        self._key = key
        self._refused = refused

    async def run(self, transaction: Transaction) -> None:
        for number in self._errands:
            ERRAND.defer(
                transaction,
                self.organization,
                Errand(number),
                run_at=self._run_at,
                key=self._key,
            )
        if self._refused:
            raise NotFoundError()


async def claim(store: Store, limit: int = 100, most: int = 100) -> list[Claimed]:
    return await store.jobs.claim(KINDS, limit, room={}, most=most)


def numbers(jobs: Sequence[Claimed]) -> list[str]:
    return sorted(job.arguments for job in jobs)


async def test_a_job_is_due_at_its_time_and_claimed_once(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer([1], run_at=watch() + 5 * SECOND))
    assert await claim(store) == []
    assert await store.jobs.next_due(KINDS) == watch() + 5 * SECOND
    watch.move(5)
    (job,) = await claim(store)
    assert (job.organization, job.kind, job.arguments) == ("default", "test.errand", '{"number":1}')
    assert job.attempt == 1
    assert await claim(store) == []
    await store.jobs.finish(job)
    watch.move(2 * LEASE)
    assert await claim(store) == []
    assert await store.jobs.next_due(KINDS) is None


async def test_the_longest_due_is_claimed_first(store: Store, watch: Watch) -> None:
    # Made in the other order than the one in which they are due.
    for number, seconds in ((1, 3), (2, 2), (3, 1)):
        await store.storage.submit(Defer([number], run_at=watch() + seconds * SECOND))
    watch.move(3)
    claimed = [numbers(await claim(store, limit=1)) for _ in range(3)]
    assert claimed == [['{"number":3}'], ['{"number":2}'], ['{"number":1}']]


async def test_what_is_refused_defers_nothing(store: Store, watch: Watch) -> None:
    with pytest.raises(NotFoundError):
        await store.storage.submit(Defer([1, 2], run_at=watch(), refused=True))
    await store.storage.submit(Defer([3], run_at=watch()))
    assert numbers(await claim(store)) == ['{"number":3}']


async def test_processes_that_claim_at_once_share_the_jobs(
    open_store: OpenStore, watch: Watch
) -> None:
    stores = [await open_store() for _ in range(3)]
    await stores[0].storage.submit(Defer(range(300), run_at=watch()))
    taken: list[Claimed] = []

    async def take(store: Store) -> None:
        while jobs := await claim(store, limit=7):
            taken.extend(jobs)

    await asyncio.gather(*(take(store) for store in stores))
    # One that looked while the others held every row may have found nothing and ended.
    await take(stores[0])
    assert sorted(Counter(numbers(taken)).items()) == sorted(
        (f'{{"number":{number}}}', 1) for number in range(300)
    )


async def test_a_job_whose_process_died_is_claimed_again(
    open_store: OpenStore, watch: Watch
) -> None:
    dead, alive = await open_store(), await open_store()
    await dead.storage.submit(Defer([1], run_at=watch()))
    (first,) = await claim(dead)
    watch.move(LEASE - 1)
    assert await claim(alive) == []
    watch.move(1)
    (second,) = await claim(alive)
    assert (second.id, second.attempt) == (first.id, 2)
    # The first one was not dead after all: it finds out and changes nothing.
    assert await dead.jobs.renew([first]) == [first]
    await dead.jobs.finish(first)
    await dead.jobs.retry(first, delay=0, error="late")
    await dead.jobs.park(first, error="late")
    assert await alive.jobs.renew([second]) == []


async def test_a_renewed_lease_keeps_the_job(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer([1], run_at=watch()))
    (job,) = await claim(store)
    for _ in range(5):
        watch.move(LEASE / 2)
        assert await store.jobs.renew([job]) == []
        assert await claim(store) == []


async def test_an_operation_takes_effect_once_with_the_end_of_its_job(
    open_store: OpenStore, watch: Watch
) -> None:
    dead, alive = await open_store(), await open_store()
    await dead.storage.submit(Defer([1], run_at=watch()))
    (first,) = await claim(dead)
    watch.move(LEASE)
    (second,) = await claim(alive)
    effect = Defer([2], run_at=watch())
    assert not await dead.storage.submit(FinishWith(first, effect))
    assert await alive.storage.submit(FinishWith(second, effect))
    assert not await alive.storage.submit(FinishWith(second, effect))
    assert numbers(await claim(alive)) == ['{"number":2}']


async def test_a_refused_operation_leaves_its_job(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer([1], run_at=watch()))
    (job,) = await claim(store)
    with pytest.raises(NotFoundError):
        await store.storage.submit(FinishWith(job, Defer([2], run_at=watch(), refused=True)))
    assert await store.jobs.renew([job]) == []
    watch.move(LEASE)
    assert numbers(await claim(store)) == ['{"number":1}']


async def test_of_a_key_one_job_waits_and_the_last_deferral_counts(
    store: Store, watch: Watch
) -> None:
    for number, seconds in ((1, 50), (2, 5), (3, 9)):
        await store.storage.submit(Defer([number], run_at=watch() + seconds * SECOND, key="a"))
    await store.storage.submit(Defer([4, 5], run_at=watch(), key="b"))
    assert numbers(await claim(store)) == ['{"number":5}']
    watch.move(8)
    assert await claim(store) == []
    watch.move(1)
    assert numbers(await claim(store)) == ['{"number":3}']


async def test_while_a_job_runs_another_one_of_its_key_may_wait(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer([1], run_at=watch(), key="a"))
    (running,) = await claim(store)
    await store.storage.submit(Defer([2], run_at=watch() + SECOND, key="a"))
    # It fails: the one that waits will see all that this one would have seen.
    await store.jobs.retry(running, delay=0, error="oh")
    watch.move(60)
    assert numbers(await claim(store)) == ['{"number":2}']


async def test_a_job_that_fails_comes_back_when_it_is_time(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer([1], run_at=watch(), key="a"))
    (job,) = await claim(store)
    await store.jobs.retry(job, delay=3 * SECOND, error="oh")
    watch.move(2)
    assert await claim(store) == []
    watch.move(1)
    (again,) = await claim(store)
    assert (again.id, again.attempt) == (job.id, 2)


async def test_an_attempt_that_was_broken_off_does_not_count(
    store: Store, watch: Watch, database_url: str
) -> None:
    await store.storage.submit(Defer([1], run_at=watch()))
    (job,) = await claim(store)
    await store.jobs.give_back(job)
    (again,) = await claim(store)
    assert (again.id, again.attempt) == (job.id, 1)
    # Nor does it hide why the attempt before it failed.
    await store.jobs.retry(again, delay=0, error="oh")
    (third,) = await claim(store)
    await store.jobs.give_back(third)
    assert Truth(database_url).query("SELECT attempts, error FROM campfire_jobs") == [(1, "oh")]
    (fourth,) = await claim(store)
    await store.jobs.retry(fourth, delay=0, error="oh again")
    assert Truth(database_url).query("SELECT attempts, error FROM campfire_jobs") == [
        (2, "oh again")
    ]


class Park(Operation[None]):
    """Something was tried without a job, and failed."""

    async def run(self, transaction: Transaction) -> None:
        park(transaction, "acme", "test.errand", '{"number":7}', attempts=4, error="x" * 5000)


async def test_what_failed_without_a_job_is_shown_and_done_by_one(
    store: Store, watch: Watch
) -> None:
    await store.storage.submit(Park(system_actor("acme")))
    assert await claim(store) == []
    (parked,) = await store.jobs.parked()
    assert (parked.organization, parked.kind, parked.arguments) == (
        *("acme", "test.errand", '{"number":7}'),
    )
    assert (parked.attempts, parked.error) == (4, "x" * MAX_ERROR)
    assert (parked.created_at, parked.parked_at) == (watch(), watch())
    assert await store.jobs.restart("acme", parked.id)
    (job,) = await claim(store)
    assert (job.id, job.organization, job.attempt) == (parked.id, "acme", 1)


async def test_parked_jobs_are_listed_with_the_latest_first(store: Store, watch: Watch) -> None:
    made_at = watch()
    await store.storage.submit(Defer(range(3), run_at=made_at))
    jobs = sorted(await claim(store), key=lambda job: job.arguments)
    for job in jobs:
        watch.move(1)
        await store.jobs.park(job, error=f"error of {job.arguments}")
    found = await store.jobs.parked()
    assert [one.id for one in found] == [job.id for job in reversed(jobs)]
    latest = found[0]
    assert (latest.organization, latest.kind) == ("default", "test.errand")
    assert (latest.arguments, latest.error) == ('{"number":2}', 'error of {"number":2}')
    assert (latest.created_at, latest.parked_at) == (made_at, made_at + 3 * SECOND)
    assert await store.jobs.parked(limit=2) == found[:2]


async def test_a_parked_job_waits_for_a_person(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer([1], run_at=watch(), key="a"))
    (job,) = await claim(store)
    await store.jobs.park(job, error="x" * 5000)
    watch.move(10_000)
    assert await claim(store) == []
    (parked,) = await store.jobs.parked()
    assert (parked.id, parked.kind, parked.attempts) == (job.id, "test.errand", 1)
    assert parked.error == "x" * 1000
    await store.storage.submit(Defer([2], run_at=watch(), key="a"))
    assert not await store.jobs.restart("other", job.id)
    assert await store.jobs.restart("default", job.id)
    assert not await store.jobs.restart("default", job.id)
    (again,) = await claim(store)
    assert (again.id, again.attempt) == (job.id, 1)
    await store.jobs.park(again, error="oh")
    assert not await store.jobs.drop("other", job.id)
    assert await store.jobs.drop("default", job.id)
    assert not await store.jobs.drop("default", job.id)
    assert await store.jobs.parked() == []


async def test_a_kind_without_code_is_left_alone_and_later_parked(
    store: Store, watch: Watch
) -> None:
    await store.storage.submit(Defer([1], run_at=watch()))
    assert await store.jobs.claim(["test.other"], 10, room={}, most=10) == []
    assert await store.jobs.park_unknown(["test.other"], before=watch() - 1) == []
    assert await store.jobs.park_unknown(KINDS, before=watch()) == []
    ((job_id, kind),) = await store.jobs.park_unknown(["test.other"], before=watch())
    (parked,) = await store.jobs.parked()
    assert (parked.id, parked.kind) == (job_id, kind) == (job_id, "test.errand")
    assert (parked.parked_at, parked.attempts) == (watch(), 0)
    assert parked.error == "No code for this kind of job is installed."


async def test_a_clock_that_was_ahead_keeps_no_job(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer([1], run_at=watch()))
    await store.storage.submit(Defer([2], run_at=watch() + 10**6 * SECOND))
    now = watch.at
    watch.move(365 * 24 * 3600)
    assert len(await claim(store)) == 2
    watch.at = now
    await store.jobs.end_leases(["test.other"])
    assert await claim(store) == []
    await store.jobs.end_leases(KINDS)
    first, second = await claim(store)
    # A lease of ordinary length is left alone.
    await store.jobs.end_leases(KINDS)
    assert await claim(store) == []
    assert await store.jobs.renew([first, second]) == []


async def test_organisations_take_turns(store: Store, watch: Watch) -> None:
    await store.storage.submit(Defer(range(500), run_at=watch() - 99 * SECOND, organization="busy"))
    await store.storage.submit(Defer(range(3), run_at=watch(), organization="calm"))
    jobs = await claim(store, limit=10)
    assert Counter(job.organization for job in jobs) == {"busy": 7, "calm": 3}
    jobs = await claim(store, limit=10, most=4)
    assert Counter(job.organization for job in jobs) == {"busy": 4}


async def test_a_slot_gets_one_job_over_all_processes(
    open_store: OpenStore, watch: Watch, database_url: str
) -> None:
    stores = [await open_store() for _ in range(4)]
    schedule = Schedule("test", 60, "test.errand")
    for _ in range(5):
        fired = await asyncio.gather(*(store.jobs.fire(schedule) for store in stores * 2))
        assert sum(fired) == 1
        (job,) = await claim(stores[0])
        await stores[0].jobs.finish(job)
        watch.move(60)
    # Nobody was there for an hour: the present slot gets its job, the missed ones none.
    watch.move(3600)
    assert await stores[0].jobs.fire(schedule)
    assert len(await claim(stores[0])) == 1
    assert Truth(database_url).query("SELECT slot FROM campfire_schedules") == [
        (schedule.slot(watch()),)
    ]


def test_the_one_with_the_fewest_running_is_served_first() -> None:
    due = {"busy": 9, "calm": 9, "new": 9}
    room = {"busy": 1, "calm": 8}
    assert fair_shares(due, 1, room, most=12) == {"new": 1}
    assert fair_shares(due, 2, room, most=12) == {"new": 1, "calm": 1}


@given(
    due=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40)),
    room=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 12)),
    limit=st.integers(0, 60),
)
def test_shares_are_fair(due: dict[str, int], room: dict[str, int], limit: int) -> None:
    shares = fair_shares(due, limit, room, most=12)
    could = {org: min(count, room.get(org, 12)) for org, count in due.items()}
    assert sum(shares.values()) == min(limit, sum(could.values()))
    assert all(0 < count <= could[org] for org, count in shares.items())
    # Whoever got less than another by more than one had no more to do.
    for org, count in could.items():
        given = shares.get(org, 0)
        assert given == count or given >= max(shares.values(), default=0) - 1
