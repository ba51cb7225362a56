"""Starts the drain on SIGTERM and SIGINT, before the server acts on them.

A server that is told to stop closes its WebSockets first and runs the lifespan's shutdown last.
By then no client is connected any more that could be told when to reconnect. So campfire-chat
puts its own handler before the server's. It drains the clients, and passes the signal on when
they have gone.
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
    """A context in which a stop signal first calls ``drain``. The server receives the signal when
    the task that ``drain`` returns has ended. A second signal reaches the server at once.

    Servers receive signals in two ways, and this class works with both: ``signal.signal``
    (uvicorn), and the event loop's ``add_signal_handler`` (granian), which reads a byte from the
    interpreter's wake-up descriptor. Outside the main thread no signals can be received. There,
    and in a worker that is stopped by other means, this class does nothing.
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
        # The server has begun to stop by itself, so there is nothing to pass on.
        self._over = True
        for number, before in self._before.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, before)
        if self._wakeup is not None:
            self._wakeup.close()

    def stand(self) -> None:
        """Put our handler before the present ones. A server may have installed its handlers again
        after the start. This is cheap, but not cheap enough for every request."""
        loop = self._loop
        if loop is None or self._heard or self._over:
            return
        for number in _SIGNALS:
            before = signal.getsignal(number)
            if before == self._handle or before is signal.default_int_handler:
                continue
            # By default SIGTERM ends a process immediately. Here it does so a little later.
            if callable(before) or (before is signal.SIG_DFL and number == signal.SIGTERM):
                self._before[number] = before
                signal.signal(number, self._handle)
        if self._before:
            self._wakeup = self._wakeup or _Wakeup(loop, self._before)
            self._wakeup.stand()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        loop = self._loop
        if self._heard or loop is None or loop.is_closed():
            # The second signal does not wait.
            self._hand_on(number)
            return
        self._heard = True
        loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        try:
            task = self._drain()
        except Exception:
            # The signal must reach the server even if the drain fails.
            logger.exception("the drain failed")
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
    """Keeps stop signals from the event loop.

    The interpreter writes the number of each signal to one descriptor, which belongs to the loop
    if the loop handles signals; see :func:`signal.set_wakeup_fd`. Our descriptor replaces it, and
    passes on all signals except those that are held back.
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
            # The loop does not handle signals.
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
            # The loop has closed its descriptor, so it cannot be restored.
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
