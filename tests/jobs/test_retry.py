"""Backoff and slots: how long until the next attempt, and when a slot begins."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.core.clock import SECOND
from campfire_chat.jobs.retry import Retry
from campfire_chat.jobs.schedule import Schedule


@given(failures=st.integers(1, 10_000), attempts=st.integers(1, 10_000))
def test_delays_stay_below_the_ceiling_and_end(failures: int, attempts: int) -> None:
    retry = Retry(attempts=attempts, first=2.0, longest=600.0)
    delay = retry.delay(failures)
    if failures >= attempts:
        assert delay is None
    else:
        assert delay is not None
        assert 0 <= delay <= min(600, 2 * 2 ** (failures - 1)) * SECOND


def test_the_ceiling_doubles_up_to_the_longest() -> None:
    retry = Retry(first=1.0, longest=60.0)
    assert [retry.ceiling(failures) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_what_a_kind_gets_that_says_nothing_of_it() -> None:
    """Ten attempts, the first again within a second and the last within five minutes."""
    retry = Retry()
    delays = [retry.delay(failures) is None for failures in range(1, 12)]
    assert delays == [False] * 9 + [True, True]
    assert (retry.ceiling(1), retry.ceiling(9), retry.ceiling(10_000)) == (1, 256, 3600)


def test_delays_are_spread() -> None:
    """Jobs that failed together do not come back together."""
    ceiling = 16 * SECOND
    delays = {Retry(attempts=9).delay(5) or 0 for _ in range(200)}
    assert len(delays) > 160
    assert min(delays) < ceiling * 0.2
    assert ceiling * 0.8 < max(delays) <= ceiling


@given(now=st.integers(0, 2**52), every=st.integers(1, 10**6))
def test_slots_meet_without_a_gap(now: int, every: int) -> None:
    schedule = Schedule("test", every, "test.errand")
    slot = schedule.slot(now)
    assert slot <= now < schedule.next_slot(now)
    assert schedule.next_slot(now) - slot == every * SECOND
    assert schedule.slot(schedule.next_slot(now)) == schedule.next_slot(now)
    assert schedule.slot(slot) == slot
