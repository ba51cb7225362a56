"""Token buckets and addresses, fed with whatever Hypothesis finds."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campfire_chat import ConfigurationError, Limits, Rate
from campfire_chat.access import rates
from campfire_chat.access.networks import is_internal, networks_of
from campfire_chat.access.rates import SECOND, Cap, Limiter
from campfire_chat.settings import Settings


def first_network(host: str) -> str:
    return networks_of(host)[0]


KEY = ("default", "visitor:vis_1")
OTHER = ("default", "visitor:vis_2")

all_rates = st.builds(
    Rate,
    per_second=st.one_of(
        st.floats(min_value=0.01, max_value=5_000), st.integers(min_value=1, max_value=5_000)
    ),
    burst=st.integers(min_value=1, max_value=60),
)
#: Nanoseconds between tries: none, a moment, or long enough to fill anything up.
pauses = st.one_of(
    st.just(0),
    st.integers(min_value=0, max_value=SECOND // 50),
    st.integers(min_value=0, max_value=200 * SECOND),
)


def take_all(limiter: Limiter, now: int, *, tries: int = 200) -> int:
    return sum(limiter.take(KEY, now) == 0 for _ in range(tries))


@given(rate=all_rates, start=st.integers(0, 2**62), times=st.lists(pauses, max_size=150))
def test_never_more_than_the_burst_and_the_rate(rate: Rate, start: int, times: list[int]) -> None:
    """Over every stretch of time, not only from the beginning on."""
    limiter = Limiter(rate)
    now, admitted = start, []
    for pause in times:
        now += pause
        if limiter.take(KEY, now) == 0:
            admitted.append(now)
    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            seconds = (admitted[last] - admitted[first]) / SECOND
            assert last - first + 1 <= rate.burst + rate.per_second * seconds + 1e-6


@given(rate=all_rates, start=st.integers(0, 2**62), times=st.lists(pauses, max_size=60))
def test_whoever_waits_as_long_as_they_are_told_is_admitted(
    rate: Rate, start: int, times: list[int]
) -> None:
    limiter = Limiter(rate)
    now = start
    for pause in times:
        now += pause
        wait = limiter.take(KEY, now)
        if wait:
            assert limiter.wait(KEY, now) == wait
            # Not a moment earlier, and then for sure.
            assert limiter.take(KEY, now + wait - 1) > 0
            now += wait
            assert limiter.take(KEY, now) == 0


@given(rate=all_rates, start=st.integers(0, 2**62))
def test_a_full_bucket_admits_its_burst_at_once_and_no_more(rate: Rate, start: int) -> None:
    limiter = Limiter(rate)
    assert take_all(limiter, start) == rate.burst
    assert limiter.take(OTHER, start) == 0


@given(rate=all_rates, start=st.integers(0, 2**62), tries=st.integers(1, 300))
def test_the_greediest_client_gets_the_rate_to_the_letter(
    rate: Rate, start: int, tries: int
) -> None:
    """Somebody who takes everything, the very moment that it is there."""
    limiter = Limiter(rate)
    now = start
    for _ in range(rate.burst + tries):
        while wait := limiter.take(KEY, now):
            now += wait
    seconds = (now - start) / SECOND
    assert seconds >= tries / rate.per_second * (1 - 1e-9)
    assert seconds <= tries / rate.per_second + tries * 1e-9 + 1e-6


@given(rate=all_rates, start=st.integers(0, 2**62))
def test_honest_use_is_never_refused(rate: Rate, start: int) -> None:
    """Somebody who keeps a little below the rate, for ever."""
    limiter = Limiter(rate)
    pause = int(SECOND / rate.per_second) + 2
    assert all(limiter.take(KEY, start + n * pause) == 0 for n in range(300))


@given(rate=all_rates, jumps=st.lists(st.integers(0, 2**62), min_size=1, max_size=50))
def test_a_clock_that_jumps_locks_nobody_out(rate: Rate, jumps: list[int]) -> None:
    limiter = Limiter(rate)
    full = rate.burst * (SECOND / rate.per_second + 1)
    for now in jumps:
        for _ in range(rate.burst + 1):
            wait = limiter.take(KEY, now)
        assert 0 <= wait <= full + rates.DEBT
        assert limiter.take(KEY, now + wait) == 0


@given(rate=all_rates, counts=st.lists(st.integers(1, 10_000), min_size=1, max_size=20))
def test_what_others_used_is_taken_away_and_comes_back(rate: Rate, counts: list[int]) -> None:
    limiter = Limiter(rate)
    limiter.charge(KEY, counts[0], 0)
    assert take_all(limiter, 0) == max(0, rate.burst - counts[0])
    for count in counts:
        limiter.charge(KEY, count, 0)
    # However much they used: soon it is full.
    later = int(rate.burst * (SECOND / rate.per_second + 1)) + rates.DEBT + 1
    assert take_all(limiter, later) == rate.burst


@given(rate=st.builds(Rate, st.integers(1, 100), st.integers(1, 60)), processes=st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_processes_that_share_admit_about_what_one_does(rate: Rate, processes: int) -> None:
    """A flood that is spread evenly, with an exchange every second."""
    limiters = [Limiter(rate) for _ in range(processes)]
    told = [0] * processes
    admitted, seconds, per_second = 0, 30, 20
    for step in range(seconds * per_second):
        now = step * SECOND // per_second
        admitted += sum(limiter.take(KEY, now) == 0 for limiter in limiters for _ in range(10))
        if step % per_second == per_second - 1:
            counts = [
                bucket.used - bucket.base
                if (bucket := limiter.hot.get(KEY)) is not None
                else before
                for limiter, before in zip(limiters, told, strict=True)
            ]
            for index, count in enumerate(counts):
                for other, limiter in enumerate(limiters):
                    if other != index:
                        limiter.heard(KEY, count - told[index], now)
            told = counts
    alone = rate.burst + rate.per_second * seconds
    further = processes - 1
    # As documented: on top of what one process admits, a burst and what is let through between
    # two looks for each further one.
    assert admitted <= alone + further * (rate.burst + 2 * rate.per_second)
    # And not much less. Between two steps no more than a burst can be saved up.
    assert admitted >= 0.4 * min(rate.per_second, rate.burst * per_second) * seconds


def test_what_is_used_at_half_the_rate_for_long_is_hot() -> None:
    rate = Rate(10, 20)
    limiter = Limiter(rate)
    for n in range(100):
        limiter.take(KEY, n * SECOND // 9)
    assert KEY in limiter.hot
    # The same at a quarter of it is nobody's business.
    for n in range(100):
        limiter.take(OTHER, n * SECOND // 3)
    assert OTHER not in limiter.hot
    assert limiter.cool(100 * SECOND) == [KEY]
    assert not limiter.hot


def test_a_bucket_in_debt_stays_hot_until_it_can_admit_again() -> None:
    """A caller who is refused all the time uses nothing, and floods as soon as it may."""
    rate = Rate(10, 20)
    limiter = Limiter(rate)
    take_all(limiter, 0, tries=20)
    limiter.heard(KEY, 60, 0)
    assert limiter.wait(KEY, 0) > 6 * SECOND - SECOND // 10
    for second in range(1, 7):
        assert limiter.take(KEY, second * SECOND - 1) > 0
        assert limiter.cool(second * SECOND - 1) == []
    # Empty at six seconds; a burst takes two more.
    assert limiter.cool(8 * SECOND - 1) == []
    assert limiter.cool(8 * SECOND) == [KEY]


def test_full_buckets_are_forgotten() -> None:
    limiter = Limiter(Rate(10, 20))
    for n in range(1_000):
        limiter.take(("default", f"visitor:{n}"), 0)
    limiter.prune(SECOND // 20)
    assert len(limiter._buckets) == 1_000
    limiter.prune(SECOND // 10)
    assert len(limiter._buckets) == 0


def test_who_comes_once_takes_no_memory_for_long() -> None:
    limiter = Limiter(Rate(10, 20))
    for n in range(20_000):
        limiter.take(("default", f"visitor:{n}"), n * SECOND // 10)
        assert len(limiter._buckets) <= rates.FEW_BUCKETS


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_BUCKETS", 100)
    limiter = Limiter(Rate(0.01, 1))
    for n in range(10_000):
        assert limiter.take(("default", f"visitor:{n}"), n) == 0
        assert len(limiter._buckets) <= 100
        assert len(limiter.hot) <= 100


def test_none_switches_it_off() -> None:
    limiter, cap = Limiter(None), Cap(None)
    assert take_all(limiter, 0, tries=1_000) == 1_000
    limiter.charge(KEY, 1_000_000, 0)
    assert limiter.take(KEY, 0) == 0
    for _ in range(1_000):
        assert cap.has_room(KEY)
        cap.enter(KEY)


def test_a_cap_has_a_reserve() -> None:
    cap = Cap(10)
    for _ in range(10):
        assert cap.has_room(KEY)
        cap.enter(KEY)
    assert not cap.has_room(KEY)
    assert cap.has_room(KEY, reserve=True)
    assert cap.has_room(OTHER)
    cap.enter(KEY)
    assert not cap.has_room(KEY, reserve=True)
    for _ in range(11):
        cap.leave(KEY)
    assert cap[KEY] == 0
    assert not cap._count


def test_a_rate_to_the_nanosecond() -> None:
    """Two tokens at once and then one every half second, by every way of taking."""
    half = SECOND // 2
    limiter = Limiter(Rate(2, 2))
    assert limiter.wait(KEY, 0) == 0
    assert [limiter.take(KEY, 0) for _ in range(3)] == [0, 0, half]
    assert limiter.wait(KEY, 0) == half
    assert limiter.wait(KEY, half - 1) == 1
    assert limiter.take(KEY, half - 1) == 1
    assert limiter.take(KEY, half) == 0
    # More than there can ever be counts as all that there can be.
    assert limiter.take(KEY, half, 1000) == 2 * half
    assert limiter.take(OTHER, half, 1000) == 0
    assert limiter.take(OTHER, half) == half


def test_who_is_delayed_pays_for_what_they_took() -> None:
    limiter = Limiter(Rate(1, 2), debt=5 * SECOND)
    assert [limiter.delay(KEY, 0) for _ in range(4)] == [0, 0, SECOND, 2 * SECOND]
    assert limiter.delay(KEY, 0, 2) == 4 * SECOND
    # No deeper than its debt, however much is taken.
    assert limiter.delay(KEY, 0, 1000) == 5 * SECOND
    assert limiter.wait(KEY, 0) == 6 * SECOND
    assert limiter.delay(KEY, 5 * SECOND) == SECOND
    # A clock that was set back: an empty bucket at worst, which is one token away.
    ahead = 1_000_000 * SECOND
    limiter.delay(OTHER, ahead)
    assert limiter.wait(OTHER, 0) == SECOND
    assert limiter.delay(OTHER, 0) == SECOND


def test_what_others_admitted_is_charged_down_to_a_debt() -> None:
    limiter = Limiter(Rate(1, 3))
    limiter.charge(KEY, 2, 0)
    assert [limiter.take(KEY, 0) for _ in range(2)] == [0, SECOND]
    limiter.charge(KEY, 10**6, 0)
    assert limiter.take(KEY, 0) == rates.DEBT + SECOND
    # Another message of others moves it no further away.
    limiter.charge(KEY, 10**6, 0)
    assert limiter.take(KEY, 0) == rates.DEBT + SECOND
    # Nor does it forgive what a deeper bucket owes.
    deep = Limiter(Rate(1, 3), debt=3 * rates.DEBT)
    deep.delay(KEY, 0, 30)
    owed = deep.wait(KEY, 0)
    deep.charge(KEY, 1, 0)
    assert deep.wait(KEY, 0) >= owed


def test_others_learn_what_was_taken_since_a_bucket_became_hot() -> None:
    """``used - base`` is what is told: all of the latest half burst, and nothing from before."""
    limiter = Limiter(Rate(1, 10))
    for n in range(4):
        limiter.take(KEY, n * 100 * SECOND)
    assert not limiter.hot
    for _ in range(4):
        limiter.take(KEY, 300 * SECOND)
    assert not limiter.hot
    limiter.take(KEY, 301 * SECOND)
    limiter.take(KEY, 301 * SECOND)
    bucket = limiter.hot[KEY]
    assert bucket.used - bucket.base == 5
    limiter.take(KEY, 301 * SECOND)
    assert bucket.used - bucket.base == 6


def test_a_key_that_another_process_names_is_shared_from_here_on() -> None:
    limiter = Limiter(Rate(1, 10))
    limiter.heard(KEY, 3, 0)
    bucket = limiter.hot[KEY]
    # What was charged for others is not told back to them.
    assert bucket.used == bucket.base == 0
    assert [limiter.take(KEY, 0) for _ in range(8)] == [0] * 7 + [SECOND]
    assert bucket.used - bucket.base == 7
    assert limiter.cool(10 * SECOND - 1) == []
    limiter.heard(KEY, 1, 9 * SECOND)
    assert limiter.cool(19 * SECOND - 1) == []
    assert limiter.cool(19 * SECOND) == [KEY]
    off = Limiter(None)
    off.heard(KEY, 3, 0)
    assert not off.hot


def test_a_cap_that_is_tried_counts_only_who_came_in() -> None:
    cap = Cap(2)
    assert [cap.try_enter(KEY) for _ in range(4)] == [True, True, False, False]
    assert cap[KEY] == 2
    assert cap.try_enter(OTHER)
    cap.leave(KEY)
    assert cap.has_room(KEY)
    assert cap.try_enter(KEY)
    assert not cap.has_room(KEY)
    for key in (KEY, KEY, OTHER):
        cap.leave(key)
    assert not cap._count
    unlimited = Cap(None)
    assert all(unlimited.try_enter(KEY) for _ in range(100))
    assert unlimited[KEY] == 100


# Addresses.


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_one_caller_however_it_is_written(
    address: ipaddress.IPv4Address,
) -> None:
    assert first_network(str(address)) == str(address)
    assert first_network(f"::ffff:{address}") == str(address)
    assert first_network(f"[::ffff:{address}]:443") == str(address)
    assert first_network(f"{address}:50123") == str(address)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_an_ipv6_address_counts_with_its_network(address: ipaddress.IPv6Address, host: int) -> None:
    neighbour = ipaddress.IPv6Address((int(address) >> 64 << 64) | host)
    if address.ipv4_mapped is None and neighbour.ipv4_mapped is None:
        assert first_network(str(address)) == first_network(str(neighbour))
        assert first_network(str(address)).endswith("/64")
    further = ipaddress.IPv6Address(int(address) ^ (1 << 64))
    assert first_network(str(address)) != first_network(str(further))


@given(st.text(max_size=200))
def test_any_text_may_stand_for_an_address(text: str) -> None:
    assert len(first_network(text)) <= 64
    is_internal(first_network(text))


def test_what_may_be_a_proxy() -> None:
    assert is_internal(first_network("127.0.0.1"))
    assert is_internal(first_network("10.1.2.3"))
    assert is_internal(first_network("fd00::1"))
    assert not is_internal(first_network("8.8.8.8"))
    assert not is_internal(first_network("2a00:1450::1"))
    assert not is_internal("testclient")


# Settings.


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rate(0, 1),
        lambda: Rate(-1, 1),
        lambda: Rate(float("nan"), 1),
        lambda: Rate(float("inf"), 1),
        lambda: Rate(1, 0),
        lambda: Limits(sends=5),  # type: ignore[arg-type]
        lambda: Limits(sockets_per_process=0),
        lambda: Limits(sockets_per_process=True),
        lambda: Limits(refusals=Rate(1, 1)),  # type: ignore[arg-type]
        lambda: Settings(limits={}),  # type: ignore[arg-type]
        lambda: Settings(write_queue_bytes=0),
    ],
)
def test_limits_that_cannot_work_stop_the_start(make: object) -> None:
    with pytest.raises(ConfigurationError):
        make()  # type: ignore[operator]
