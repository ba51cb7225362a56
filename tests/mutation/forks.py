"""Runs pytest in forks of a process that has loaded everything but the code under test.

Most bugs are noticed by a test of a few milliseconds, and loading the libraries takes a second.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

#: pytest rewrites what these check, and does so only if it loads them itself.
_PLUGINS = ("pytest", "_pytest", "anyio.pytest_plugin", "_hypothesis", "xdist", "benchmark")
#: Seconds between looks at the forks that run.
_PAUSE = 0.02


def preload(modules: Iterable[str]) -> None:
    """Load libraries, which the forks then have already."""
    for name in modules:
        if not name.startswith(_PLUGINS) and name not in sys.modules:
            # Some exist only under certain conditions.
            with contextlib.suppress(Exception):
                importlib.import_module(name)


class Job(NamedTuple):
    """A run of pytest.

    Attributes:
        environment: What is added to the environment.
        seconds: After which it is ended; None for never.
        output: Where it writes.
    """

    arguments: list[str]
    environment: Mapping[str, str]
    seconds: float | None
    output: Path


def run(job: Job) -> int | None:
    """Its exit status, or None if it took too long."""
    ((_, status),) = run_all(deque([("", lambda: job)]), jobs=1)
    return status


def run_all(
    work: deque[tuple[str, Callable[[], Job]]], *, jobs: int
) -> Iterator[tuple[str, int | None]]:
    """Run so many at a time. Each is made when it begins, and named with its exit status when it
    has ended; None if it took too long. More may be added meanwhile."""
    running: dict[int, tuple[str, float]] = {}
    while running or work:
        while work and len(running) < jobs:
            name, make = work.popleft()
            job = make()
            ends = time.monotonic() + (job.seconds or float("inf"))
            running[_fork(job)] = (name, ends)
        for pid, (name, ends) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del running[pid]
                # Servers that it started, if it could not stop them.
                _end_group(pid)
                yield name, os.waitstatus_to_exitcode(status)
            elif time.monotonic() > ends:
                _end_group(pid)
                os.waitpid(pid, 0)
                del running[pid]
                yield name, None
        time.sleep(_PAUSE)


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _fork(job: Job) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        # In both, so that it has happened whoever comes first.
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(pid, pid)
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        with job.output.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.environ.pop("PYTEST_ADDOPTS", None)
        os.environ.update(job.environment)
        # In the order that somebody would meet who had started it.
        for name in [name for name in sys.modules if name.startswith("tests.mutation.overlay")]:
            del sys.modules[name]
        status = int(pytest.main(job.arguments))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # Threads that a bug left behind are not waited for.
        os._exit(status)
