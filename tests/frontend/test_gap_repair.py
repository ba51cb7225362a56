"""Whatever the wire loses, doubles or reorders, the page applies every event once and in order.

The browser's own code in node, against lists of steps that Hypothesis finds.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import campfire_chat
from tests.support.node import TYPESCRIPT

SOURCES = Path(campfire_chat.__file__).parent / "frontend"

Step = tuple[Any, ...]
Play = Callable[[list[Step]], list[str] | None]


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    """Plays steps; what went wrong."""
    process = subprocess.Popen(
        [
            *TYPESCRIPT,
            *(str(Path(__file__).with_name("gaps.mjs")), str(SOURCES)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    to_node, from_node = process.stdin, process.stdout

    def play(steps: list[Step]) -> list[str] | None:
        to_node.write(json.dumps(steps) + "\n")
        to_node.flush()
        return json.loads(from_node.readline())

    try:
        yield play
    finally:
        to_node.close()
        process.wait()
        from_node.close()


STREAM = st.sampled_from("ab")
PLACE = st.integers(0, 7)
STEPS = st.one_of(
    st.tuples(st.just("write"), STREAM),
    st.tuples(st.just("deliver"), st.just(0)),
    st.tuples(st.sampled_from(["deliver", "drop", "double"]), PLACE),
    st.tuples(st.sampled_from(["heads", "elapse"])),
    st.tuples(st.sampled_from(["lose", "restore"])),
    st.tuples(st.sampled_from(["reset", "leave"]), STREAM),
)
ALL: list[Step] = [("deliver", 0)] * 20


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=40))
# One event is lost and the next one arrives: it must not be applied before the first is there.
@example([*ALL, ("write", "a"), ("write", "a"), ("drop", 0), ("deliver", 0)])
# The two change places; one comes twice.
@example([*ALL, ("write", "a"), ("write", "a"), ("deliver", 1), ("deliver", 0)])
@example([*ALL, ("write", "a"), ("double", 0), ("deliver", 0), ("deliver", 0)])
# The last one is lost, which only a heartbeat shows.
@example([*ALL, ("write", "a"), ("drop", 0), ("heads",)])
# A page of the replay is lost, and the one after it arrives.
@example([("write", "a"), ("write", "a"), ("deliver", 0), ("drop", 0), *ALL])
# Connections that break while the repair is under way.
@example([*ALL, ("write", "a"), ("write", "a"), ("drop", 0), ("deliver", 0), ("lose",), ("lose",)])
# Left and followed again: what was asked before is answered for somebody who is not there any more.
@example([("leave", "a"), ("leave", "b"), *ALL, ("write", "a"), ("write", "b")])
@example([*ALL, ("write", "a"), ("write", "a"), ("drop", 0), ("deliver", 0), ("leave", "a")])
def test_every_event_is_applied_once_and_in_order(play: Play, steps: list[Step]) -> None:
    assert play(steps) is None


@pytest.mark.parametrize("lost", [[0], [1], [2], [0, 0], [1, 1], [0, 1]], ids=str)
def test_an_event_after_a_gap_has_it_filled_at_once(play: Play, lost: list[int]) -> None:
    """Whoever waits for the next heartbeat shows an old state for half a minute."""
    steps = [*ALL, *[("write", "a")] * 4, *[("drop", place) for place in lost], ("complete", "a")]
    assert play(steps) is None


def test_a_page_after_a_gap_has_it_filled_at_once(play: Play) -> None:
    """The first of two pages is lost, and its answer has come."""
    start: list[Step] = [("deliver", 0)] * 20
    missed: list[Step] = [("lose",), *[("write", "a")] * 4]
    # Both streams are asked for anew: an answer and two pages, an answer and one.
    assert (
        play([*start, *missed, ("lose",), ("deliver", 0), ("drop", 0), ("complete", "a")]) is None
    )


def test_a_gap_that_was_filled_by_itself_does_not_hide_the_next_one(play: Play) -> None:
    """What was late comes after all, and the answer to the question for it is lost."""
    late: list[Step] = [*[("write", "a")] * 2, ("double", 1), ("deliver", 1), ("deliver", 2)]
    filled: list[Step] = [("drop", 2), ("deliver", 0), ("deliver", 0)]
    again: list[Step] = [*[("write", "a")] * 2, ("drop", 0), ("complete", "a")]
    assert play([*ALL, *late, *filled, *again]) is None


def test_one_heartbeat_is_enough_to_notice_a_loss(play: Play) -> None:
    assert play([*ALL, ("write", "a"), ("drop", 0), ("heads",), ("complete", "a")]) is None


def test_a_long_replay_is_asked_for_once(play: Play) -> None:
    """However many pages it has, and however many heartbeats come in between."""
    missed: list[Step] = [("lose",), *[("write", "a")] * 9, ("lose",)]
    assert play([*ALL, *missed, ("calm", 0), ("complete", "a")]) is None


def test_after_an_older_copy_was_restored_all_is_quiet_again(play: Play) -> None:
    """Each stream begins anew once, and what comes then is applied."""
    written: list[Step] = [*[("write", "a")] * 6, *ALL]
    quiet: list[Step] = [("calm", 2), ("write", "a"), ("complete", "a"), ("calm", 0)]
    assert play([*ALL, *written, ("restore",), *quiet]) is None


def test_after_a_reset_the_stream_goes_on(play: Play) -> None:
    steps = [*ALL, ("reset", "a"), ("deliver", 0), ("calm", 0), ("write", "a"), ("complete", "a")]
    assert play(steps) is None


def test_a_gap_is_asked_for_once_however_much_comes_after_it(play: Play) -> None:
    assert play([*ALL, *[("write", "a")] * 12, ("drop", 0), ("flood", 1)]) is None


def test_a_server_that_cannot_fill_a_gap_is_not_asked_for_ever(play: Play) -> None:
    steps = [*ALL, *[("write", "a")] * 2, ("drop", 0), ("hopeless", 20)]
    assert play(steps) is None
