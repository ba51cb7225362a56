"""What is run where, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.ground import Ground
from tests.faults.report import Kept, Run
from tests.faults.scenario import Size
from tests.faults.scenarios import SCENARIOS, workers_killed


@pytest.mark.parametrize(
    "bus",
    ["redis://cache.example", "nats://bus.example", "postgresql://bus.example/x", "redis", None],
)
@pytest.mark.parametrize(
    "database",
    [
        "postgresql://me@db.example/postgres",
        "postgresql+asyncpg://me@db.example/postgres",
        "sqlite",
        None,
    ],
)
def test_nothing_is_left_out(database: str | None, bus: str | None) -> None:
    """Whatever database and bus is asked for: each fault that the database can have."""
    ground = Ground(database=database, bus=bus)
    wanted = (database or "").split(":")[0].split("+")[0]
    for scenario in SCENARIOS:
        found = ground.combinations(scenario, Size.FULL)
        engines = [engine for engine in scenario.engines if wanted in ("", engine)]
        assert list(dict.fromkeys(engine for engine, _ in found)) == engines, scenario.name
        if bus is not None:
            assert {kind for _, kind in found} <= {bus.split(":")[0], "own"}, scenario.name


def test_the_bus_of_one_database_is_not_another_s() -> None:
    ground = Ground(bus="postgresql")
    for scenario in SCENARIOS:
        found = ground.combinations(scenario, Size.FULL)
        assert all(engine == "postgresql" for engine, bus in found if bus == "postgresql")


def test_of_the_same_run_the_last_one_of_this_code_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ran(code: str, seconds: float) -> Run:
        return Run(
            name="workers_killed",
            engine="sqlite",
            bus="automatic",
            size=Size.FULL,
            lasting=None,
            at="2026-01-01 00:00",
            code=code,
            seconds=seconds,
            findings=[],
        )

    monkeypatch.setattr(report, "code", lambda: "0123abc")
    scenario = workers_killed.SCENARIO
    path = tmp_path / "runs.jsonl"
    Kept(path).add(ran("another", 1))
    kept = Kept(path)
    assert not kept.has(scenario, "sqlite", "automatic", Size.FULL, None)
    kept.add(ran(report.code(), 2))
    for each in (kept, Kept(path)):
        assert each.has(scenario, "sqlite", "automatic", Size.FULL, None)
        assert not each.has(scenario, "sqlite", "automatic", Size.SMALL, None)
        assert [run.seconds for run in each.runs] == [2]
    # Of code that is being worked on nobody knows which it was.
    monkeypatch.setattr(report, "code", lambda: f"0123abc{report.CHANGED}")
    assert not kept.has(scenario, "sqlite", "automatic", Size.FULL, None)
    text = report.page(kept.runs, size=Size.FULL, command="python -m tests.faults")
    assert "| sqlite | automatic | 0123abc | 2 | yes |" in text
