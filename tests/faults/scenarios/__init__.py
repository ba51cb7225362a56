"""Every fault, at one glance."""

from __future__ import annotations

from tests.faults.scenario import Scenario
from tests.faults.scenarios import clock_jumps, workers_killed

SCENARIOS: tuple[Scenario, ...] = (
    workers_killed.SCENARIO,
    clock_jumps.SCENARIO,
)
