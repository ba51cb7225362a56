"""Findings as a page of Markdown."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from msgspec import Struct

from tests.faults.arena import machine
from tests.faults.scenario import Finding, Scenario, Size

#: What a report says the versions of.
PACKAGES = (
    *("campfire-chat", "uvicorn", "uvloop", "starlette", "websockets"),
    *("databases", "sqlalchemy", "aiosqlite", "asyncpg", "broadcaster", "redis", "nats-py"),
)


_SMALL = (
    "At small size there is less of each fault than its title says; the rows further down say how",
    "much there was.",
    "",
)


class Run(Struct, frozen=True):
    """One scenario on one database and bus, and what was found.

    Attributes:
        seconds: How long it took.
        error: What ended it early, if anything did.
    """

    scenario: Scenario
    engine: str
    bus: str
    seconds: float
    findings: Sequence[Finding]
    error: str | None = None

    @property
    def holds(self) -> bool:
        return self.error is None and all(finding.holds for finding in self.findings)


def page(
    runs: Sequence[Run],
    *,
    size: Size,
    command: str,
    settings: Iterable[tuple[str, str]] = (),
    benchmarks: str = "",
) -> str:
    """The whole report."""
    broken = [run for run in runs if not run.holds]
    lines = [
        "# Reliability report",
        "",
        "What the [delivery contract](discussions/reliability.md) went through, and what was "
        "measured. Written by",
        "",
        f"    {command}",
        "",
        "| | |",
        "|---|---|",
        f"| date | {datetime.now(UTC):%Y-%m-%d %H:%M} UTC |",
        f"| machine | {machine()}, {platform.system()} {platform.release()} |",
        f"| Python | {platform.python_version()}, SQLite {sqlite3.sqlite_version} |",
        f"| packages | {', '.join(_versions())} |",
        f"| size | {size.value} |",
        *(f"| {name} | {value} |" for name, value in settings),
        f"| verdict | {_verdict(runs, broken)} |",
        "",
        "## At a glance",
        "",
        *(_SMALL if size is Size.SMALL else ()),
        "| fault | must hold | database | bus | seconds | holds |",
        "|---|---|---|---|---|---|",
    ]
    for run in runs:
        scenario = run.scenario
        lines.append(
            f"| [{scenario.title}](#{_anchor(scenario)}) | {scenario.must_hold} "
            f"| {run.engine} | {run.bus} | {run.seconds:.0f} | {_mark(run.holds)} |"
        )
    for scenario in dict.fromkeys(run.scenario.name for run in runs):
        lines += ["", *_section([run for run in runs if run.scenario.name == scenario])]
    if benchmarks:
        lines += ["", benchmarks.strip()]
    return "\n".join(lines) + "\n"


def _section(runs: Sequence[Run]) -> list[str]:
    scenario = runs[0].scenario
    title = scenario.title[0].upper() + scenario.title[1:]
    lines = [
        f"## {title} {{#{_anchor(scenario)}}}",
        "",
        f"Must hold: {scenario.must_hold}.",
        "",
        "| database | bus | what | limit | measured | holds |",
        "|---|---|---|---|---|---|",
    ]
    for run in runs:
        for found in run.findings:
            lines.append(
                f"| {run.engine} | {run.bus} | {_cell(found.what)} | {_cell(found.limit)} "
                f"| {_cell(found.measured)} | {_mark(found.holds)} |"
            )
        if run.error is not None:
            lines.append(
                f"| {run.engine} | {run.bus} | came to its end | yes "
                f"| {_cell(run.error)} | **no** |"
            )
    return lines


def _verdict(runs: Sequence[Run], broken: Sequence[Run]) -> str:
    if not runs:
        return "nothing was run"
    if not broken:
        return f"all {len(runs)} runs hold"
    names = ", ".join(f"{run.scenario.name} ({run.engine}, {run.bus})" for run in broken)
    return f"**{len(broken)} of {len(runs)} runs do not hold**: {names}"


def _anchor(scenario: Scenario) -> str:
    return scenario.name.replace("_", "-")


def _mark(holds: bool) -> str:
    return "yes" if holds else "**no**"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _versions() -> list[str]:
    found: list[str] = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
