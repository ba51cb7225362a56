"""Every fault at small size, on every database and bus where it applies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.ground import Ground
from tests.faults.scenario import Engine, Scenario, Size
from tests.faults.scenarios import SCENARIOS
from tests.support.engines import EngineMissing
from tests.support.servers import ROOT

CASES = [
    pytest.param(scenario, engine, bus, id=f"{scenario.name}-{engine}-{bus}")
    for scenario in SCENARIOS
    for engine, bus in Ground().combinations(scenario, Size.SMALL)
]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with Ground() as ground:
        yield ground


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "engine", "bus"), CASES)
def test_what_must_hold(
    scenario: Scenario,
    engine: Engine,
    bus: str,
    ground: Ground,
    request: pytest.FixtureRequest,
) -> None:
    if engine == "postgresql":
        ground.lend_postgres(request.getfixturevalue("postgres"))
    try:
        with ground.setting(engine, bus, Size.SMALL) as setting:
            found = asyncio.run(scenario.run(setting))
    except EngineMissing as missing:
        pytest.skip(str(missing))
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
