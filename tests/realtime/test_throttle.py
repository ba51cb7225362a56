"""However often something changes, few notices go out in a window, and the last one is right."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.realtime.throttle import NoticeThrottle
from tests.support.clocks import in_virtual_time

WINDOW, MOST = 2.0, 2


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=30))
def test_few_notices_and_the_latest_state(changes: list[tuple[float, bool]]) -> None:
    said: list[tuple[float, bool]] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        notices = NoticeThrottle(window=WINDOW, most=MOST)
        for pause, state in changes:
            await asyncio.sleep(pause)
            notices.tell("it", state, lambda state=state: said.append((loop.time(), state)))
        await asyncio.sleep(10 * WINDOW)
        assert not notices._recent

    in_virtual_time(play())
    assert said[-1][1] == changes[-1][1]
    moments = [at for at, _ in said]
    # Two windows may touch.
    for first, last in zip(moments, moments[2 * MOST :], strict=False):
        assert last - first >= WINDOW - 1e-9


def test_what_is_said_at_once_and_what_at_the_end_of_the_window() -> None:
    said: list[Any] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        notices = NoticeThrottle(window=WINDOW, most=MOST)

        def tell(about: str, state: object) -> None:
            notices.tell(about, state, lambda: said.append((loop.time(), about, state)))

        for state in (1, 1, 2, 3, 4):
            tell("a", state)
        tell("b", 1)
        assert said == [(0, "a", 1), (0, "a", 2), (0, "b", 1)]
        await asyncio.sleep(WINDOW + 0.5)
        assert said[3:] == [(WINDOW, "a", 4)]
        # What came back to the last notice needs none, and after a window all begins anew.
        tell("a", 5)
        tell("a", 6)
        tell("a", 5)
        await asyncio.sleep(3 * WINDOW)
        assert said[4:] == [(WINDOW + 0.5, "a", 5)]
        tell("a", 5)
        assert len(said) == 6
        tell("a", 7)
        tell("a", 8)
        notices.stop()
        await asyncio.sleep(3 * WINDOW)
        assert len(said) == 7

    in_virtual_time(play())
