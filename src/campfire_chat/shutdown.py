"""Hearing of SIGTERM and SIGINT before the server acts on them.

A server that is told to stop closes its WebSockets first and runs the lifespan's shutdown last;
by then nobody is left to be told when to come back. So, while Campfire runs, its own handler
stands in front of the server's: it sends everybody away, and hands the signal on when they have
gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

logger = logging.getLogger("campfire_chat")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class DrainOnSignal:
    """A context in which a signal to stop first calls ``drain``, and comes through when the task
    that it returns has ended. A second signal comes through at once.

    Servers listen in two ways, and both are stood in front of: with ``signal.signal`` (uvicorn),
    and with the event loop's ``add_signal_handler`` (granian), which is told by a byte on the
    interpreter's wake-up descriptor. Off the main thread signals cannot be heard; there, and in
    a worker that is told to stop by other means, it does nothing.
    """

    def __init__(self, drain: Callable[[], asyncio.Task[None]]) -> None:
        self._drain = drain
        self._before: dict[int, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard = False
        self._over = False
        self._wakeup: _Wakeup | None = None

    def __enter__(self) -> DrainOnSignal:
        if threading.current_thread() is threading.main_thread():
            self._loop = asyncio.get_running_loop()
            self.stand()
        return self

    def __exit__(self, *exc: object) -> None:
        # The server has begun to stop by itself: nothing is left to be handed on.
        self._over = True
        for number, before in self._before.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, before)
        if self._wakeup is not None:
            self._wakeup.close()

    def stand(self) -> None:
        """Stand in front of whoever listens now; a server may have (re-)installed its handlers
        after the start. Cheap, but not for every request."""
        loop = self._loop
        if loop is None or self._heard or self._over:
            return
        for number in _SIGNALS:
            before = signal.getsignal(number)
            if before == self._handle or before is signal.default_int_handler:
                continue
            # By default SIGTERM ends a process on the spot; it may do so a little later.
            if callable(before) or (before is signal.SIG_DFL and number == signal.SIGTERM):
                self._before[number] = before
                signal.signal(number, self._handle)
        if self._before:
            self._wakeup = self._wakeup or _Wakeup(loop, self._before)
            self._wakeup.stand()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        loop = self._loop
        if self._heard or loop is None or loop.is_closed():
            # The second signal means it.
            self._hand_on(number)
            return
        self._heard = True
        loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        try:
            task = self._drain()
        except Exception:
            # Whatever happens to the draining, the signal reaches the server.
            logger.exception("draining failed")
            self._hand_on(number)
        else:
            task.add_done_callback(lambda _: self._hand_on(number))

    def _hand_on(self, number: int) -> None:
        if self._over:
            return
        self._over = True
        if self._wakeup is not None:
            self._wakeup.hand_on(number)
        before = self._before[number]
        if callable(before):
            before(number, None)
        else:
            signal.signal(number, before)
            signal.raise_signal(number)


class _Wakeup:
    """Holds back what the event loop would hear of signals.

    The interpreter writes the number of each signal to one descriptor, which belongs to the loop
    if it handles signals itself; see :func:`signal.set_wakeup_fd`. Ours takes its place, and
    everything but the signals that are held back is passed on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, held: dict[int, Any]) -> None:
        self._loop = loop
        self._held = held
        self._theirs = -1
        self._pair: tuple[socket.socket, socket.socket] | None = None

    def stand(self) -> None:
        if self._pair is None:
            receiver, sender = self._pair = socket.socketpair()
            receiver.setblocking(False)
            sender.setblocking(False)
            try:
                self._loop.add_reader(receiver.fileno(), self._pass_on)
            except NotImplementedError:
                # Windows, where loops do not handle signals either.
                self._close_pair()
                return
        ours = self._pair[1].fileno()
        before = signal.set_wakeup_fd(ours, warn_on_full_buffer=False)
        if before == -1:
            # The loop does not listen.
            signal.set_wakeup_fd(-1)
        elif before != ours:
            self._theirs = before

    def hand_on(self, number: int) -> None:
        self._write(bytes([number]))

    def close(self) -> None:
        if self._pair is None:
            return
        ours = self._pair[1].fileno()
        current = signal.set_wakeup_fd(-1)
        with contextlib.suppress(ValueError):
            # A loop that has closed its descriptor cannot have it back.
            signal.set_wakeup_fd(self._theirs if current == ours else current)
        self._loop.remove_reader(self._pair[0].fileno())
        self._close_pair()

    def _pass_on(self) -> None:
        if self._pair is None:
            return
        with contextlib.suppress(BlockingIOError):
            numbers = self._pair[0].recv(4096)
            self._write(bytes(number for number in numbers if number not in self._held))

    def _write(self, numbers: bytes) -> None:
        if numbers and self._theirs != -1:
            os.write(self._theirs, numbers)

    def _close_pair(self) -> None:
        if self._pair is not None:
            for end in self._pair:
                end.close()
            self._pair = None
