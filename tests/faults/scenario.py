"""What a fault is, where it runs, and what it found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeVar

from msgspec import Struct

Engine = Literal["sqlite", "postgresql"]

T = TypeVar("T")


class Size(StrEnum):
    """``small`` takes seconds and runs in CI; ``full`` is what the report is made of."""

    SMALL = "small"
    FULL = "full"


class Setting(Struct, frozen=True, kw_only=True):
    """Where one run of a scenario takes place.

    Attributes:
        database_url: A database that this run has to itself; empty, or migrated already.
        bus: The kind of bus: ``automatic``, ``redis``, ``postgresql``, ``nats``, …
        bus_url: Its URL; None leaves it to the package, or to the scenario.
        folder: For whatever the run writes.
        seconds: How long a scenario goes on that can take any time, when that was asked for.
    """

    size: Size
    engine: Engine
    database_url: str
    bus: str
    bus_url: str | None
    folder: Path
    seconds: float | None = None

    @property
    def full(self) -> bool:
        return self.size is Size.FULL

    def either(self, small: T, full: T) -> T:
        return full if self.full else small


class Finding(Struct, frozen=True):
    """One row of the report.

    Attributes:
        what: What was looked at.
        limit: What it may be.
        measured: What it was.
        holds: Whether that is within the limit.
    """

    what: str
    limit: str
    measured: str
    holds: bool


class Scenario(Struct, frozen=True, kw_only=True):
    """One fault.

    Attributes:
        name: As ``--only`` and the tests call it.
        title: What is done.
        must_hold: What must come of it.
        engines: The databases it is run on.
        buses: The buses it is run with; ``automatic`` is what comes with the database, ``own``
            is what the scenario brings itself.
        small: Where it is run at small size, if not on all of them.
        run: Does it; what goes wrong is a finding that does not hold, or an exception.
    """

    name: str
    title: str
    must_hold: str
    engines: tuple[Engine, ...] = ("sqlite", "postgresql")
    buses: tuple[str, ...] = ("automatic",)
    small: tuple[tuple[Engine, str], ...] | None = None
    run: Callable[[Setting], Awaitable[list[Finding]]]


def at_most(what: str, measured: float, limit: float, unit: str = "") -> Finding:
    """A number that has an upper limit."""
    suffix = f" {unit}" if unit else ""
    return Finding(what, f"≤ {limit:g}{suffix}", f"{measured:.3g}{suffix}", measured <= limit)


def none_of(what: str, found: list[str]) -> Finding:
    """Something that must not occur; the first ones found are shown."""
    if not found:
        return Finding(what, "0", "0", True)
    shown = "; ".join(found[:3])
    return Finding(what, "0", f"{len(found)}: {shown}", False)
