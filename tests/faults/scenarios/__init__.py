"""Every fault, at one glance."""

from __future__ import annotations

from tests.faults.scenario import Scenario
from tests.faults.scenarios import workers_killed

SCENARIOS: tuple[Scenario, ...] = (workers_killed.SCENARIO,)
