"""Every fault, at one glance."""

from __future__ import annotations

from tests.faults.scenario import Scenario
from tests.faults.scenarios import (
    bad_networks,
    clock_jumps,
    sent_five_times,
    stopped_reader,
    workers_killed,
)

SCENARIOS: tuple[Scenario, ...] = (
    workers_killed.SCENARIO,
    bad_networks.SCENARIO,
    sent_five_times.SCENARIO,
    stopped_reader.SCENARIO,
    clock_jumps.SCENARIO,
)
