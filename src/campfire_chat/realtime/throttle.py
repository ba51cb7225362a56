"""Sends notices at a limited rate: always the latest state, but not every change.

A notice of one client, such as that its user types, goes to all clients that show the conversation.
Without a limit, one client could cause any number of frames for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable


class _Recent:
    """The notices about one thing within the present window.

    Attributes:
        waiting: The latest state that was not sent yet, and the function that sends it.
    """

    __slots__ = ("count", "timer", "told", "waiting")

    def __init__(self, told: object, timer: asyncio.TimerHandle) -> None:
        self.told = told
        self.timer = timer
        self.count = 1
        self.waiting: tuple[object, Callable[[], None]] | None = None


class NoticeThrottle:
    """See the module.

    Args:
        window: Seconds.
        most: Greatest number of notices about the same thing in a window.
    """

    def __init__(self, *, window: float, most: int) -> None:
        self._window = window
        self._most = most
        self._recent: dict[Hashable, _Recent] = {}

    def tell(self, about: Hashable, state: object, say: Callable[[], None]) -> None:
        """Send the state of something: at once, or at the end of the window if it still differs
        from the last one that was sent.

        The same state is sent once in a window, and again in a later one.
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
        """Send no more."""
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
