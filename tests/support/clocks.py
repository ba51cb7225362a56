"""Clocks of a test's own: whatever takes time takes none, and says exactly how much it took."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from campfire_chat.access import admission, quota_sync, socket_quota
from campfire_chat.access.rates import SECOND
from campfire_chat.database.lanes import Lanes
from campfire_chat.database.sqlite import SQLiteEngine
from campfire_chat.realtime.sockets.proof import Proof

T = TypeVar("T")


class _Jump(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Does not wait: the time at which something is due has then come."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        assert ready or timeout is not None, "nothing would ever happen again"
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time begins at 0 and jumps from one timer to the next."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


def in_virtual_time(work: Coroutine[Any, Any, T]) -> T:
    """Run something that sleeps, without sleeping."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


class LimitsClock:
    """What the load limits take for the time; it stands still unless it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.nanoseconds = 1_000 * SECOND
        for module in (admission, quota_sync, socket_quota):
            monkeypatch.setattr(module, "now", lambda: self.nanoseconds)

    def go_on(self, seconds: float) -> None:
        self.nanoseconds += round(seconds * SECOND)


@pytest.fixture
def limits_clock(monkeypatch: pytest.MonkeyPatch) -> LimitsClock:
    """For servers in a thread of this process that are started after it."""
    return LimitsClock(monkeypatch)


@pytest.fixture
def patient_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work waits for the database of this process as long as it takes, for tests that keep it busy:
    how long they do depends on the machine."""
    defaults = Lanes.run.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "deadline", None)
    setup = SQLiteEngine.setup

    def patient(self: SQLiteEngine, *, writable: bool) -> list[str]:
        steps = setup(self, writable=writable)
        return ["PRAGMA busy_timeout = 600000" if "busy_timeout" in one else one for one in steps]

    monkeypatch.setattr(SQLiteEngine, "setup", patient)


@pytest.fixture
def in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of people who may take as long as they like to prove their session. A test adds
    those who are to stay: with a question every half second, each would otherwise have only half a
    second to fetch a ticket."""
    names: set[str] = set()
    look_after = Proof.look_after

    def patient(self: Proof, now: float, *, close: Any, **others: Any) -> None:
        name = close.__self__.actor.principal.name
        look_after(self, now, close=_stay if name in names else close, **others)

    monkeypatch.setattr(Proof, "look_after", patient)
    return names


def _stay(code: int, reason: str) -> None:
    """Closes nothing."""
