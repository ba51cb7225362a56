"""When a session of an agent is over: no matter who looks, and how often."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from campfire_chat.features.presence.rules import AgentSession

GRACE = 120

Session = tuple[int, int]


def told(moments: list[tuple[int, bool]], now: int) -> list[Session]:
    """The sessions of an agent who was seen, or only looked for, at these moments.

    All but the last may go on for longer than that; somebody looks once more at ``now``.
    """
    found: list[Session] = []
    one: AgentSession | None = None
    for at, seen in [*moments, (now, False)]:
        if one is not None and (ended_at := one.end(at, GRACE)) is not None:
            found.append((one.started_at, ended_at))
            one = None
        if seen:
            one = AgentSession("ada", at) if one is None else carried_on(one, at)
    assert one is None
    return found


def carried_on(one: AgentSession, at: int) -> AgentSession:
    """The session once the agent was seen again: by another process every time."""
    return AgentSession("ada", one.started_at, at - 1, (*one.beats[-2:], at))


def spans(seen: list[int]) -> list[Session]:
    """Times in rising order, in groups whose gaps are within the grace time."""
    groups: list[list[int]] = []
    for at in seen:
        if groups and at - groups[-1][-1] <= GRACE:
            groups[-1].append(at)
        else:
            groups.append([at])
    return [(group[0], group[-1]) for group in groups]


@given(st.lists(st.tuples(st.integers(1, 3 * GRACE), st.booleans()), max_size=30))
@example([(1, True), (GRACE, True)])
@example([(1, True), (GRACE + 1, True)])
@example([(1, True), (GRACE, False), (1, False), (1, True)])
def test_a_session_is_what_was_seen_without_a_gap(steps: list[tuple[int, bool]]) -> None:
    """Whoever looks in between changes nothing."""
    moments: list[tuple[int, bool]] = []
    now = 0
    for way, seen in steps:
        now += way
        moments.append((now, seen))
    seen_at = [at for at, seen in moments if seen]
    assert told(moments, now + GRACE + 1) == spans(seen_at)


@given(
    st.integers(0, 10**6),
    st.none() | st.integers(0, 10**6),
    st.lists(st.integers(0, 10**6), max_size=3),
    st.integers(0, 10**6),
    st.integers(-(10**9), 10**9),
)
def test_a_clock_that_is_set_ends_it_either_way(
    started_at: int, left_at: int | None, beats: list[int], now: int, jump: int
) -> None:
    one = AgentSession("ada", started_at, left_at, tuple(beats))
    seen = [started_at, *([] if left_at is None else [left_at]), *beats]
    ended_at = one.end(now + jump, GRACE)
    if ended_at is None:
        assert min(abs(now + jump - at) for at in seen) <= GRACE
    else:
        assert started_at <= ended_at == max(seen)
        assert min(abs(now + jump - at) for at in seen) > GRACE
