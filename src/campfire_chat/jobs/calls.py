"""Calling the workers of other processes: there are jobs that this process does not take now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: Seconds between two calls. A worker that hears one takes all that it has room for.
EVERY = 0.1


class Calls:
    """See the module. Calls within :data:`EVERY` become one, so that a job costs none.

    Args:
        tell: Tells the other processes, over the bus. What the bus loses is found by the poll.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._told_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def call(self) -> None:
        """Call the others, at once or a moment later."""
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._told_at + EVERY - loop.time()
        if wait <= 0:
            self._call_now()
        else:
            self._timer = loop.call_later(wait, self._call_now)

    def close(self) -> None:
        """Call nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _call_now(self) -> None:
        self._timer = None
        self._told_at = asyncio.get_running_loop().time()
        self._tell()
