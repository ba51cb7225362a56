"""Ports for servers that are told where to listen.

A port that the system offers is free only while somebody holds it. Between the offer and the start
of the server another process may get it: a second test, whose server the first one then talks to,
or a connection that goes out. While a server is down for a restart, the same happens to its port.
So these ports are outside the range of outgoing connections, and each belongs to one test process
until that process ends.
"""

from __future__ import annotations

import fcntl
import functools
import os
import secrets
import socket
import tempfile
from pathlib import Path

#: Below what Linux, macOS and Windows use for connections that go out.
FIRST, LAST = 20_000, 32_000

_taken: set[int] = set()


@functools.cache
def _ledger() -> int:
    """A file of which each byte stands for a port. Whoever holds the lock of the byte has the port;
    the system gives it back when the process ends. It is never closed, since that would end all
    locks of the process. All runs on a machine have to find the same file, wherever each of them
    keeps its other files."""
    common = Path("/tmp")
    folder = common if common.is_dir() else Path(tempfile.gettempdir())
    path = folder / f"campfire-test-ports-{os.geteuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def free_port() -> int:
    """A port on the loopback interface that is this process's alone until it ends.

    Raises:
        RuntimeError: All of them are taken.
    """
    count = LAST - FIRST
    begin = secrets.randbelow(count)
    for number in range(count):
        port = FIRST + (begin + number) % count
        if port not in _taken and _lock(port) and _nobody_listens(port):
            _taken.add(port)
            return port
    raise RuntimeError("every port for tests is taken")


def _lock(port: int) -> bool:
    try:
        fcntl.lockf(_ledger(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _nobody_listens(port: int) -> bool:
    """Whether no program that knows nothing of the file has the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True
