"""Lanes of a running server that are kept busy for a while."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from campfire_chat.database.lanes import Lanes, Session


@contextmanager
def kept_busy(lanes: Lanes) -> Iterator[None]:
    """Nothing else is done on any of these lanes; whatever is asked of them waits."""
    loop = lanes._tasks[0].get_loop()
    count = len(lanes._tasks)
    begun = threading.Semaphore(0)
    free = asyncio.Event()

    async def hold(_: Session) -> None:
        begun.release()
        await free.wait()

    holding = [asyncio.run_coroutine_threadsafe(lanes.run(hold), loop) for _ in range(count)]
    for _ in holding:
        assert begun.acquire(timeout=60)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(free.set)
        for done in holding:
            done.result(60)
