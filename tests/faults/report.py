"""Writes the findings as a page of Markdown."""

from __future__ import annotations

import functools
import platform
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.faults.arena import machine
from tests.faults.scenario import Finding, Scenario, Size
from tests.faults.scenarios import SCENARIOS
from tests.support.servers import ROOT

#: What a report says the versions of.
PACKAGES = (
    *("campfire-chat", "uvicorn", "uvloop", "starlette", "websockets"),
    *("databases", "sqlalchemy", "aiosqlite", "asyncpg", "broadcaster", "redis", "nats-py"),
)

#: For code without a commit, and for code that differs from its commit.
UNKNOWN, CHANGED = "unknown", " and changes"

_SMALL = (
    "At small size each fault is smaller than its title says. The rows further down say how small.",
    "",
)


class Run(Struct, frozen=True, kw_only=True):
    """One scenario on one database and bus, and what was found.

    Attributes:
        name: The scenario's.
        lasting: How many seconds it was asked to last, if a time was given.
        at: When it ended, UTC.
        code: The code that was tested; see :func:`code`.
        seconds: How long it took.
        error: The exception that ended it early, or None.
    """

    name: str
    engine: str
    bus: str
    size: Size
    lasting: float | None
    at: str
    code: str = UNKNOWN
    seconds: float
    findings: Sequence[Finding]
    error: str | None = None

    @property
    def scenario(self) -> Scenario:
        return next(each for each in SCENARIOS if each.name == self.name)

    @property
    def holds(self) -> bool:
        return self.error is None and all(finding.holds for finding in self.findings)


class Kept:
    """Runs in the order of the report. With a path they are kept in a file, one line each.

    When a run was repeated, only the last one counts.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._runs: list[Run] = []
        if path is not None and path.exists():
            lines = path.read_text("utf-8").splitlines()
            self._runs = [msgspec.json.decode(line, type=Run) for line in lines]

    @property
    def runs(self) -> list[Run]:
        order = [each.name for each in SCENARIOS]
        last = {(run.name, run.engine, run.bus, run.size, run.lasting): run for run in self._runs}
        known = [run for run in last.values() if run.name in order]
        return sorted(known, key=lambda run: order.index(run.name))

    def has(
        self, scenario: Scenario, engine: str, bus: str, size: Size, lasting: float | None
    ) -> bool:
        """Whether there is such a run of this code. Code that is not committed never matches."""
        if CHANGED in code() or code() == UNKNOWN:
            return False
        wanted = (scenario.name, engine, bus, size, lasting, code())
        return any(
            (run.name, run.engine, run.bus, run.size, run.lasting, run.code) == wanted
            and run.error is None
            for run in self._runs
        )

    def add(self, run: Run) -> None:
        self._runs.append(run)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(msgspec.json.encode(run).decode() + "\n")


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
        "The faults with which the [six promises](discussions/reliability.md) were tested, and "
        "what was measured. This command",
        "wrote the page:",
        "",
        f"    {command}",
        "",
        "| | |",
        "|---|---|",
        f"| date | {_date(runs)} UTC |",
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
        "| fault | must hold | database | bus | code | seconds | holds |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        scenario = run.scenario
        lines.append(
            f"| [{scenario.title}](#{_anchor(scenario)}) | {scenario.must_hold} "
            f"| {run.engine} | {run.bus} | {run.code} | {run.seconds:.0f} | {_mark(run.holds)} |"
        )
    for name in dict.fromkeys(run.name for run in runs):
        lines += ["", *_section([run for run in runs if run.name == name])]
    if benchmarks:
        lines += ["", benchmarks.strip()]
    return "\n".join(lines) + "\n"


@functools.cache
def code() -> str:
    """The last commit that changed the package or these tests, and whether there are changes since.

    Documentation is left out, because it makes no difference to a run.
    """
    archive = ["tests/benchmarks/archive.py", "tests/benchmarks/bulk.py"]
    paths = ["src/campfire_chat", "tests/faults", "tests/support", *archive, "pyproject.toml"]
    commit = _git("log", "-1", "--format=%h", "--", *paths)
    changed = _git("status", "--porcelain", "--", *paths)
    return (commit or UNKNOWN) + (CHANGED if changed else "")


def _git(*arguments: str) -> str:
    """The output of git; empty where there is no repository."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


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
                f"| {run.engine} | {run.bus} | ran to its end | yes | {_cell(run.error)} | **no** |"
            )
    return lines


def _verdict(runs: Sequence[Run], broken: Sequence[Run]) -> str:
    if not runs:
        return "nothing was run"
    if not broken:
        return f"all {len(runs)} runs hold"
    names = ", ".join(f"{run.name} ({run.engine}, {run.bus})" for run in broken)
    return f"**{len(broken)} of {len(runs)} runs do not hold**: {names}"


def _date(runs: Sequence[Run]) -> str:
    first, last = (pick((run.at for run in runs), default="") for pick in (min, max))
    return first if first == last else f"{first} to {last}"


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
