"""The send queue of one socket: a bounded queue of frames, and their writer.

A client that stops reading must not affect others, so pushing a frame never waits. When the queue
is full and writing stalls, or one write takes too long, it is clogged: the connection is
closed with 4470, and the client continues from its last seq.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from starlette.types import Send
from starlette.websockets import WebSocketDisconnect

from campfire_chat.realtime import frames

logger = logging.getLogger("campfire_chat.realtime")

#: Seconds that a write may wait before a full queue means that the client is slow.
STALLED = 1.0


class SendQueue:
    """See the module.

    Args:
        send: The ASGI ``send`` of the server.
        on_clogged: Called once when the client is too slow.
        on_gone: Called when the client is found to be gone.
        limit_frames: Number of frames that may wait.
        limit_size: Number of bytes that may wait.
    """

    __slots__ = (
        "_come",
        "_count",
        "_filled",
        "_limit_frames",
        "_limit_size",
        "_on_clogged",
        "_on_gone",
        "_rested",
        "_send",
        "_size",
        "_space",
        "_stopped",
        "_taken",
        "_writer",
        "clogged",
        "writing_since",
    )

    def __init__(
        self,
        send: Send,
        *,
        on_clogged: Callable[[], None],
        on_gone: Callable[[], None],
        limit_frames: int,
        limit_size: int,
    ) -> None:
        self._send = send
        self._on_clogged = on_clogged
        self._on_gone = on_gone
        self._limit_frames = limit_frames
        self._limit_size = limit_size
        #: What has come, and what the writer has taken of it, the next one last. Lists, because an
        #: empty deque takes as much memory as ten of them.
        self._come: list[tuple[str, int]] = []
        self._taken: list[tuple[str, int]] = []
        self._count = 0
        self._size = 0
        #: Exists only while frames were written lately. Of ten thousand sockets most are quiet.
        self._writer: asyncio.Task[None] | None = None
        #: What the writer waits for while there is nothing to write.
        self._filled: asyncio.Future[None] | None = None
        self._rested = False
        self._stopped = False
        self._space: asyncio.Event | None = None
        self.clogged = False
        #: The loop time at which the write under way began, if there is one.
        self.writing_since: float | None = None

    def push(self, text: str) -> None:
        """Queue a frame. It is dropped when it is clogged, as the client will resume."""
        if self.clogged or self._stopped:
            return
        size = _bytes(text)
        if self._overflows(size):
            self.clog()
            return
        self._come.append((text, size))
        self._count += 1
        self._size += size
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        elif self._filled is not None and not self._filled.done():
            self._filled.set_result(None)

    def _overflows(self, size: int) -> bool:
        """Whether one more frame is too much for this client.

        A batch of the ledger is pushed within one turn of the loop, before the writer can run, so
        a full queue alone says nothing about the peer: it is slow when it is full and a write has
        been waiting for a while. With twice the bytes it always counts as slow.
        """
        waiting = self._size + size
        full = self._count >= self._limit_frames or waiting > self._limit_size
        if not full or not self._count:
            # One frame always fits: a page of a replay may be larger than a small limit.
            return False
        if waiting > 2 * self._limit_size or self._count >= 16 * self._limit_frames:
            return True
        since = self.writing_since
        return since is not None and asyncio.get_running_loop().time() - since > STALLED

    def offer(self, text: str) -> None:
        """Queue a frame that is useless later. It is dropped when the client is already behind.

        So typing notices of others can never clog a connection.
        """
        if self._count < self._limit_frames // 2 and self._size < self._limit_size // 2:
            self.push(text)

    def push_frame(self, frame: frames.Struct) -> None:
        self.push(frames.encode(frame))

    def clog(self) -> None:
        """Mark the queue as clogged."""
        if not self.clogged:
            self.clogged = True
            self._come.clear()
            self._taken.clear()
            self._count = self._size = 0
            if self._space is not None:
                self._space.set()
            self._on_clogged()

    async def room(self) -> None:
        """Wait until the queue is less than half full; for replays, which can wait."""
        while not self.clogged and (
            self._count > self._limit_frames // 2 or self._size > self._limit_size // 2
        ):
            if self._space is None:
                self._space = asyncio.Event()
            self._space.clear()
            await self._space.wait()

    async def drained(self) -> None:
        """Wait until all queued frames are written, or the queue is stopped."""
        while self._count or self.writing_since is not None:
            if self.clogged or self._stopped:
                return
            if self._space is None:
                self._space = asyncio.Event()
            self._space.clear()
            await self._space.wait()

    def rest(self) -> None:
        """End the writer if nothing was written since the last call."""
        if not self._rested:
            self._rested = True
        elif self._filled is not None and not self._filled.done():
            self._filled.set_result(None)

    def stop(self) -> None:
        """Write no more. Further frames are dropped, and no callback is called."""
        self._stopped = True
        self._on_clogged = self._on_gone = _nobody
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> None:
        """Write the queued frames, and wait for more until there are none for a while."""
        loop = asyncio.get_running_loop()
        send = self._send
        try:
            while self._come:
                self._rested = False
                taken, self._come = self._come, self._taken
                taken.reverse()
                self._taken = taken
                while taken:
                    text, size = taken.pop()
                    self._count -= 1
                    self._size -= size
                    self.writing_since = loop.time()
                    # Not Starlette's WebSocket.send, which only tracks a state that we know.
                    await send({"type": "websocket.send", "text": text})
                    self.writing_since = None
                    if self._space is not None:
                        self._space.set()
                if not self._come:
                    self._filled = loop.create_future()
                    try:
                        await self._filled
                    finally:
                        self._filled = None
        except (WebSocketDisconnect, RuntimeError, OSError):
            # The reading side gets the same error, and ends the connection.
            self._stopped = True
            self._on_gone()
        except Exception:
            logger.exception("a socket could not be written to")
            self._stopped = True
            self._on_gone()
        finally:
            self._writer = None
            if self._space is not None:
                self._space.set()


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _nobody() -> None:
    """Does nothing, after a stop."""
