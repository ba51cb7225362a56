"""A pytest plugin: runs the tests with a changed module in the place of the real one, or says which
tests run which lines. Told by the environment what to do, since it begins before everything else.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

#: The module to be changed and the file with its changed source.
MODULE, SOURCE = "CAMPFIRE_MUTANT_MODULE", "CAMPFIRE_MUTANT_SOURCE"
#: Where to write which tests run which lines, and of which files.
LINES, FILES = "CAMPFIRE_MUTATION_LINES", "CAMPFIRE_MUTATION_FILES"
#: A file with what each test takes without a bug, in seconds.
USUAL = "CAMPFIRE_MUTATION_USUAL"
#: What a test may take with a bug: so many times the usual, and seconds for what it shares. The
#: time that it waits for a core does not count: a busy machine makes no bug hang.
PATIENCE, AT_LEAST = 5, 8.0
#: Seconds for what tests share, such as a database server. Whichever test comes first begins it,
#: and the cores for which its processes wait are not seen here.
SHARED = 90.0
#: Seconds: a shorter wait for a core changes nothing.
_SOON = 0.5
#: The exit status when a test took longer, and what the last line says before the test's name.
HUNG = 91
HANGS = "HANGS "


class _Loader(importlib.machinery.SourceFileLoader):
    """The real module's place, with other source."""

    def get_code(self, fullname: str) -> Any:
        return compile(Path(os.environ[SOURCE]).read_text("utf-8"), self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> Any:
        if fullname != os.environ[MODULE]:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert found is not None
        assert found.origin is not None
        loader = _Loader(fullname, found.origin)
        return importlib.util.spec_from_loader(fullname, loader)


def _kept_waiting() -> float:
    """Seconds that the threads of this process have waited for a core so far; 0 where the system
    does not say."""
    nanoseconds = 0
    for path in Path("/proc/self/task").glob("*/schedstat"):
        # A thread may have ended since.
        with contextlib.suppress(OSError):
            nanoseconds += int(path.read_text().split()[1])
    return nanoseconds / 1e9


#: How long the process had waited for a core when its test began; None once it was given more time.
_waited: float | None = None
#: Seconds that it may take.
_allowed = 0.0
#: The test that runs, and the seconds that it may take by itself.
_running = ""
_usually = 0.0
#: How many fixtures that it shares are being set up, one for the other.
_shared = 0


def _allow(seconds: float) -> None:
    global _waited, _allowed
    _waited = _kept_waiting()
    _allowed = seconds
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _hung(number: int, frame: FrameType | None) -> None:
    global _waited
    if _waited is not None:
        kept_waiting, _waited = _kept_waiting() - _waited, None
        if kept_waiting > _SOON:
            # Once: a test that looks again and again for what never comes waits each time.
            signal.setitimer(signal.ITIMER_REAL, min(kept_waiting, _allowed))
            return
    # A bug may have left anything behind, so nothing is cleaned up here.
    os.write(_output, f"\n{HANGS}{_running}\n".encode())
    os._exit(HUNG)


if MODULE in os.environ:
    sys.meta_path.insert(0, _Finder())
    _usual: dict[str, float] = json.loads(Path(os.environ[USUAL]).read_text())
    signal.signal(signal.SIGALRM, _hung)
    #: A descriptor of its own, since pytest catches what is written to the usual ones.
    _output = os.dup(1)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
        global _running, _usually
        _running = item.nodeid
        _usually = AT_LEAST + PATIENCE * _usual.get(item.nodeid, 0.0)
        _allow(_usually)
        yield

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        global _shared
        if fixturedef.scope == "function":
            return (yield)
        _shared += 1
        _allow(SHARED)
        try:
            return (yield)
        finally:
            _shared -= 1
            _allow(SHARED if _shared else _usually)

    def pytest_sessionfinish() -> None:
        _allow(AT_LEAST)


if LINES in os.environ:
    import coverage

    _coverage = coverage.Coverage(
        data_file=None, include=os.environ[FILES].split(os.pathsep), concurrency=["thread"]
    )
    _coverage.start()

    # What it defines is to be seen as run, so not before.
    from campfire_chat.database import statement

    _seconds: dict[str, float] = {}

    #: What every statement was put together into, and how many modules had been loaded when they
    #: were searched for.
    _put_together: list[dict[str, Any]] = []
    _searched = 0

    def _forget_statements() -> None:
        """A statement is put together once in a process; now every test that sends it does."""
        global _searched
        if len(sys.modules) != _searched:
            # Some are held by records of other kinds, so the modules do not have them all.
            kinds = (statement.Query, statement.BulkInsert, statement.BulkDelete)
            found = [vars(one) for one in gc.get_objects() if type(one) in kinds]
            _put_together[:] = [fields["_compiled"] for fields in found if "_compiled" in fields]
            _searched = len(sys.modules)
        for known in _put_together:
            known.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
        _forget_statements()
        _coverage.switch_context(item.nodeid)
        began, waited = time.monotonic(), _kept_waiting()
        yield
        waited = _kept_waiting() - waited
        _seconds[item.nodeid] = max(0.0, time.monotonic() - began - waited)
        _coverage.switch_context("")

    def pytest_sessionfinish() -> None:
        _coverage.stop()
        data = _coverage.get_data()
        lines = {
            file: {
                str(line): [test for test in tests if test]
                for line, tests in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        # Of others, so that they are loaded once and not for every bug.
        modules = [
            name
            for name in sys.modules
            if name.partition(".")[0] not in ("campfire_chat", "tests", "conftest", "__main__")
        ]
        found = {"lines": lines, "seconds": _seconds, "modules": modules}
        Path(os.environ[LINES]).write_text(json.dumps(found))
