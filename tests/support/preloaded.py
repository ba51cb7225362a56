"""Python processes that begin with the libraries loaded.

Hundreds of tests start a server in a process of its own. Most of what a start costs is loading the
libraries, and that is the same every time. So one process of each pytest process loads them, and
forks for each server. The fork is a process like any other: it has an id, a session and a log of
its own, and can be killed. The loaded code is what a host that forks its workers has too.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]

#: What a server of the tests loads before it listens.
MODULES = (
    *("uvicorn.main", "uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.protocols.http.auto"),
    *("uvicorn.protocols.websockets.websockets_sansio_impl", "databases.backends.sqlite"),
    *("aiosqlite", "asyncpg", "tests.support.host"),
)

#: Bytes of a request: a command and an environment.
_LONGEST = 1 << 18
#: One request at a time has its answer.
_asking = threading.Lock()


class PreloadedProcess:
    """A fork, with what :class:`subprocess.Popen` would offer."""

    def __init__(self, pid: int, status: int) -> None:
        self.pid = pid
        self._status = status
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit status, the negative number of the signal that ended it, or None."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, for at most so many seconds.

        Raises:
            subprocess.TimeoutExpired: It has not ended by then.
        """
        if self._code is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            self._code = int(os.read(self._status, 16))
            os.close(self._status)
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start_module(
    name: str, arguments: Sequence[str], *, directory: Path, environment: dict[str, str], log: int
) -> PreloadedProcess:
    """What ``python -m name`` would start, with its output in an open file."""
    reader, writer = os.pipe()
    request = [name, *arguments], str(directory), environment
    with _asking:
        control = _control()
        try:
            _send(control, json.dumps(request).encode(), [log, writer])
        finally:
            os.close(writer)
        answer = control.recv(16)
    if not answer:
        os.close(reader)
        raise RuntimeError("the process that forks for the tests has ended; see its output")
    return PreloadedProcess(int(answer), reader)


@functools.cache
def _control() -> socket.socket:
    """The way to the process that forks. That one ends with this one, which holds the other end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _send(control: socket.socket, message: bytes, files: list[int]) -> None:
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))
    control.sendmsg([message], [rights])


class _Request(NamedTuple):
    command: list[str]
    directory: str
    environment: dict[str, str]
    log: int
    status: int


def _receive(control: socket.socket) -> _Request | None:
    message, files, _, _ = socket.recv_fds(control, _LONGEST, 2)
    return _Request(*json.loads(message), *files) if message else None


def _serve(control: socket.socket) -> _Request | None:
    """Fork for each request, and tell how each fork ended. Returns the request in the fork, and
    None at the end."""
    ends: dict[int, int] = {}
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            os.read(woken, 64)
            _tell_ends(ends)
        if control not in ready:
            continue
        request = _receive(control)
        if request is None:
            return None
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for file in (woken, wake, request.status, *ends.values()):
                os.close(file)
            return request
        os.close(request.log)
        ends[pid] = request.status
        control.send(str(pid).encode())


def _tell_ends(ends: dict[int, int]) -> None:
    for pid in list(ends):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            file = ends.pop(pid)
            with contextlib.suppress(BrokenPipeError):
                os.write(file, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(file)


def _become(request: _Request) -> None:
    """What a new interpreter would do with the same command."""
    os.setsid()
    os.dup2(request.log, 1)
    os.dup2(request.log, 2)
    os.close(request.log)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    os.chdir(request.directory)
    paths = [request.directory, *request.environment.get("PYTHONPATH", "").split(os.pathsep)]
    sys.path[:0] = [path for path in paths if path and path not in sys.path]
    sys.argv[:] = request.command
    runpy.run_module(request.command[0], run_name="__main__", alter_sys=True)


def _preload() -> None:
    for name in MODULES:
        __import__(name)


def main(arguments: list[str]) -> Any:
    control = socket.socket(fileno=int(arguments[0]))
    _preload()
    request = _serve(control)
    control.close()
    if request is not None:
        _become(request)


if __name__ == "__main__":
    main(sys.argv[1:])
