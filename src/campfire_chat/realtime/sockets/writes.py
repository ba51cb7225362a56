"""The writes of one socket that are not answered yet."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from msgspec import Struct

from campfire_chat.access.socket_quota import SocketQuota
from campfire_chat.core.errors import CampfireError, InternalError
from campfire_chat.realtime import frames
from campfire_chat.realtime.sockets.send_queue import SendQueue

logger = logging.getLogger("campfire_chat.realtime")

T = TypeVar("T")

#: Number of writes of one socket that may be under way. Reading pauses until one is done.
IN_FLIGHT = 128
#: Seconds that a close waits for writes that are under way.
LANDING = 5.0


class Writes:
    """See the module. Each write is answered when it is committed. It needs no task.

    Args:
        send_queue: The queue for the answers.
        quota: Gets a call when a write is answered.
    """

    __slots__ = ("_count", "_landed", "_quota", "_send_queue")

    def __init__(self, send_queue: SendQueue, quota: SocketQuota) -> None:
        self._send_queue = send_queue
        self._quota = quota
        self._count = 0
        # Created only when something waits, which happens for few sockets.
        self._landed: asyncio.Event | None = None

    def add(
        self, future: asyncio.Future[T], request_id: str | None, reply: Callable[[T], Struct | None]
    ) -> None:
        """Answer with ``reply`` of the result, or with the error.

        ``begin_write`` of the quota has admitted the write.
        """
        self._count += 1
        future.add_done_callback(partial(self._answer, request_id, reply))

    def _answer(
        self,
        request_id: str | None,
        reply: Callable[[T], Struct | None],
        future: asyncio.Future[T],
    ) -> None:
        self._count -= 1
        self._quota.end_write()
        if self._landed is not None:
            self._landed.set()
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            frame = reply(future.result())
        elif isinstance(error, CampfireError):
            frame = frames.error_frame(error, request_id)
        else:
            logger.error("a write failed unexpectedly", exc_info=error)
            frame = frames.error_frame(InternalError(), request_id)
        if frame is not None:
            self._send_queue.push_frame(frame)

    async def room(self) -> None:
        """Wait until one more write is allowed."""
        while self._count >= IN_FLIGHT:
            await self._landing()

    async def settle(self) -> None:
        """Wait for writes under way, within a time limit, to answer them before the close."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LANDING):
                while self._count:
                    await self._landing()

    async def _landing(self) -> None:
        if self._landed is None:
            self._landed = asyncio.Event()
        self._landed.clear()
        await self._landed.wait()
