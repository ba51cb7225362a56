"""Hearing of SIGTERM and SIGINT before the server acts on them.

A server that is told to stop closes its WebSockets first and runs the lifespan's shutdown last;
by then nobody is left to be told when to come back. So, while Campfire runs, its own handler
stands in front of the server's: it drains, gives the frames a moment, and hands the signal on.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

logger = logging.getLogger("campfire_chat")

#: Seconds between telling the clients and handing the signal on.
GRACE = 0.3


class DrainOnSignal:
    """A context in which a signal to stop first calls ``drain``.

    Off the main thread, and where the server has no Python handler of its own, it does nothing.
    """

    def __init__(self, drain: Callable[[], None]) -> None:
        self._drain = drain
        self._before: dict[int, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard = False

    def __enter__(self) -> DrainOnSignal:
        if threading.current_thread() is threading.main_thread():
            self._loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                before = signal.getsignal(number)
                if callable(before) and before is not signal.default_int_handler:
                    self._before[number] = before
                    signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, before in self._before.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        loop = self._loop
        if self._heard or loop is None or loop.is_closed():
            # The second signal means it.
            self._before[number](number, frame)
            return
        self._heard = True
        loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        # Scheduled first: whatever happens to the draining, the signal reaches the server.
        asyncio.get_running_loop().call_later(GRACE, self._before[number], number, None)
        self._drain()
