"""Every fault at small size, on every database and bus where it applies."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.report import Kept
from tests.faults.scenario import Engine, Finding, Scenario, Size
from tests.faults.scenarios import SCENARIOS, soak
from tests.support.engines import EngineMissing
from tests.support.servers import ROOT

#: Their limits are in seconds and their people mostly wait: the soak goes on beside them.
BESIDE_THE_SOAK = ("workers_killed", "bus_down", "bus_lies", "bad_networks", "sent_five_times")


def _turn(scenario: Scenario) -> int:
    """Beside the soak, the soak itself, and what wants the machine for itself."""
    return 0 if scenario.name in BESIDE_THE_SOAK else 1 if scenario is soak.SCENARIO else 2


CASES = [
    pytest.param(scenario, engine, bus, id=f"{scenario.name}-{engine}-{bus}")
    for scenario in sorted(SCENARIOS, key=_turn)
    for engine, bus in Ground().combinations(scenario, Size.SMALL)
]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with Ground() as ground:
        yield ground


class _Soak:
    """The minute's soak, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._kept = folder / "runs.jsonl"
        self._log = folder / "log.txt"
        arguments = ["--only", "soak", "--database", "sqlite", "--bus", "automatic"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults", *arguments, "--keep", str(self._kept)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def findings(self) -> list[Finding]:
        self._process.wait(soak.SMALL + 90)
        runs = Kept(self._kept).runs
        assert len(runs) == 1, self._log.read_text("utf-8")
        assert runs[0].error is None, self._log.read_text("utf-8")
        return list(runs[0].findings)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)


@pytest.fixture(scope="module", autouse=True)
def soaking(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Soak | None]:
    """Started with the first test, when the soak is among those that were asked for."""
    if not any("[soak-" in item.name for item in request.session.items):
        yield None
        return
    running = _Soak(tmp_path_factory.mktemp("soak"))
    yield running
    running.stop()


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "database", "bus"), CASES)
def test_what_must_hold(
    scenario: Scenario,
    database: Engine,
    bus: str,
    ground: Ground,
    soaking: _Soak | None,
    request: pytest.FixtureRequest,
) -> None:
    if scenario is soak.SCENARIO:
        assert soaking is not None
        _check(soaking.findings())
        return
    if database == "postgresql":
        ground.lend_postgres(request.getfixturevalue("postgres"))
    try:
        with ground.setting(database, bus, Size.SMALL) as setting:
            found = asyncio.run(scenario.run(setting))
    except EngineMissing as missing:
        pytest.skip(str(missing))
    _check(found)


def _check(found: list[Finding]) -> None:
    assert found
    broken = [finding for finding in found if not finding.holds]
    assert not broken, "\n".join(map(str, broken))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_each_is_documented(scenario: Scenario) -> None:
    page = (ROOT / "docs" / "discussions" / "reliability.md").read_text("utf-8")
    assert f"| `{scenario.name}` |" in page


def test_names_are_told_apart() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(names) == len(set(names))
