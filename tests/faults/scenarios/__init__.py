"""Every fault, at one glance."""

from __future__ import annotations

from tests.faults.scenario import Scenario
from tests.faults.scenarios import (
    bad_networks,
    bus_down,
    bus_lies,
    callers_vanish,
    clock_jumps,
    commit_answer_lost,
    disk_full,
    postgresql_killed,
    rolling_restart,
    sent_five_times,
    soak,
    stopped_reader,
    work_killed,
    workers_killed,
)

SCENARIOS: tuple[Scenario, ...] = (
    workers_killed.SCENARIO,
    work_killed.SCENARIO,
    bus_down.SCENARIO,
    bus_lies.SCENARIO,
    bad_networks.SCENARIO,
    sent_five_times.SCENARIO,
    stopped_reader.SCENARIO,
    clock_jumps.SCENARIO,
    rolling_restart.SCENARIO,
    soak.SCENARIO,
    postgresql_killed.SCENARIO,
    commit_answer_lost.SCENARIO,
    disk_full.SCENARIO,
    callers_vanish.SCENARIO,
)
