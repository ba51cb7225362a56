"""An address has a limit, and the networks around it have multiples of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat import Rate
from campfire_chat.access.network_rates import (
    MULTIPLES,
    Excess,
    NetworkCap,
    NetworkLimiter,
    Networks,
)
from campfire_chat.access.rates import SECOND, Key

BURST = 6
#: A token takes longer to come back than any of these tests looks.
RATE = Rate(0.001, BURST)
LATER = 10_000_000 * SECOND


def ipv4(number: int) -> Networks:
    return (("", f"192.0.2.{number}"),)


def ipv6(company: int, household: int = 0, address: int = 0) -> Networks:
    return (
        ("", f"{company}-{household}-{address}/64"),
        ("", f"{company}-{household}/56"),
        ("", f"{company}/48"),
    )


ADDRESSES = [ipv4(1), ipv4(2), (), *(ipv6(c, h, a) for c in (1, 2) for h in (1, 2) for a in (1, 2))]


def most(networks: Networks, width: int) -> int:
    return BURST * MULTIPLES[width]


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.integers(1, 4)), max_size=120))
def test_every_network_may_use_its_multiple_of_the_burst(steps: list[Any]) -> None:
    """And whoever is refused is told which network has to wait, the narrowest that is over."""
    limiter, used = NetworkLimiter(RATE), Counter[Key]()
    for networks, count in steps:
        expected = None
        # Those that are narrower than the one that refuses have been charged.
        for width, network in enumerate(networks):
            if used[network] + count > most(networks, width):
                expected = network
                break
            used[network] += count
        excess = limiter.take(networks, 0, count)
        assert (excess.network if excess else None) == expected
        assert excess is None or excess.wait > 0


@given(st.lists(st.sampled_from(ADDRESSES), max_size=80), st.sampled_from(ADDRESSES))
def test_a_look_says_what_taking_would(taken: list[Networks], looking: Networks) -> None:
    limiter = NetworkLimiter(RATE)
    for networks in taken:
        limiter.take(networks, 0)
    seen = limiter.excess(looking, 0)
    # A look takes nothing, so it may be repeated.
    assert limiter.excess(looking, 0) == seen
    assert limiter.take(looking, 0) == seen


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.integers(1, 3)), max_size=60))
def test_who_has_to_wait_waits_for_the_slowest_network(steps: list[Any]) -> None:
    """``delay`` takes in any case, and so every network below it is charged."""
    limiter, used = NetworkLimiter(RATE, debt=LATER), Counter[Key]()
    for networks, count in steps:
        waits = [0]
        for width, network in enumerate(networks):
            used[network] += count
            lacking = used[network] - most(networks, width)
            waits.append(lacking * 1000 * SECOND // MULTIPLES[width])
        assert limiter.delay(networks, 0, count) == pytest.approx(max(waits), rel=1e-6)


def test_the_excess_names_the_network_and_the_time() -> None:
    limiter = NetworkLimiter(Rate(1, 1))
    assert limiter.take(ipv4(1), 0) is None
    assert limiter.take(ipv4(1), 0) == Excess(ipv4(1)[0], SECOND)
    assert limiter.take(ipv4(1), SECOND) is None
    # Several hosts of one household.
    for address in range(2):
        assert limiter.take(ipv6(1, 1, address), 0) is None
    assert limiter.take(ipv6(1, 1, 2), 0) == Excess(("", "1-1/56"), SECOND // 2)


def test_other_processes_know_the_limiters_by_name() -> None:
    named = NetworkLimiter(RATE).named("sends_per_address")
    assert list(named) == [
        "sends_per_address",
        "sends_per_address/56",
        "sends_per_address/48",
    ]
    for limiter, multiple in zip(named.values(), MULTIPLES, strict=True):
        assert sum(not limiter.take(("", "x"), 0) for _ in range(100)) == multiple * BURST


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(["try", "leave", "enter"]))))
def test_a_cap_counts_every_network_until_it_is_left(steps: list[Any]) -> None:
    cap, here = NetworkCap(2), Counter[Key]()
    inside: list[Networks] = []

    def full(networks: Networks) -> Key | None:
        for width, network in enumerate(networks):
            if here[network] >= 2 * MULTIPLES[width]:
                return network
        return None

    for networks, step in steps:
        expected = full(networks)
        assert cap.full(networks) == expected
        if step == "leave":
            if networks not in inside:
                continue
            inside.remove(networks)
            cap.leave(networks)
            here.subtract(networks)
            continue
        if step == "try":
            # Refused, it has entered none of its networks.
            assert cap.try_enter(networks) == expected
            if expected is not None:
                continue
        else:
            cap.enter(networks)
        inside.append(networks)
        here.update(networks)
    for networks in inside:
        cap.leave(networks)
    assert all(not narrow._count for narrow in cap._by_width)


def test_without_a_limit_everybody_is_admitted() -> None:
    limiter, cap = NetworkLimiter(None), NetworkCap(None)
    for networks in ADDRESSES * 100:
        assert limiter.take(networks, 0) is None
        assert limiter.excess(networks, 0) is None
        assert limiter.delay(networks, 0) == 0
        assert cap.try_enter(networks) is None
        assert cap.full(networks) is None
