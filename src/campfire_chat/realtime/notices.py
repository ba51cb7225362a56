"""News that may come at any rate, told at a bounded one: the latest state always, not every change.

What a client says of itself, such as that somebody types, is told to everybody who looks. One
client must not make as many frames for them as it likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable


class _Recent:
    """What was told of something within the present window.

    Attributes:
        waiting: The latest state, when it was not told yet, and what tells it.
    """

    __slots__ = ("count", "timer", "told", "waiting")

    def __init__(self, told: object, timer: asyncio.TimerHandle) -> None:
        self.told = told
        self.timer = timer
        self.count = 1
        self.waiting: tuple[object, Callable[[], None]] | None = None


class Notices:
    """See the module.

    Args:
        window: Seconds.
        most: How many notices about the same thing are told in a window.
    """

    def __init__(self, *, window: float, most: int) -> None:
        self._window = window
        self._most = most
        self._recent: dict[Hashable, _Recent] = {}

    def tell(self, about: Hashable, state: object, say: Callable[[], None]) -> None:
        """Say what the state of something is: at once, or when the window has passed and it is
        still another one than was told last.

        The same state is said once in a window, and again in a later one.
        """
        recent = self._recent.get(about)
        if recent is None:
            self._say(about, state, say)
        elif state != recent.told and recent.count < self._most:
            recent.told = state
            recent.count += 1
            recent.waiting = None
            say()
        else:
            recent.waiting = (state, say)

    def stop(self) -> None:
        """Tell no more."""
        for recent in self._recent.values():
            recent.timer.cancel()
        self._recent.clear()

    def _say(self, about: Hashable, state: object, say: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._recent[about] = _Recent(state, loop.call_later(self._window, self._passed, about))
        say()

    def _passed(self, about: Hashable) -> None:
        recent = self._recent.pop(about)
        if recent.waiting is not None and recent.waiting[0] != recent.told:
            self._say(about, *recent.waiting)
