"""What processes cost that have nothing to do: the bus, the heads, the signs of life."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

from tests.benchmarks.servers import Backends, servers
from tests.benchmarks.tables import log, table
from tests.support import host


class Size(NamedTuple):
    """How long each is looked at, in seconds, once it has started and settled."""

    settle: float
    seconds: float


FULL = Size(settle=5.0, seconds=30.0)
QUICK = Size(settle=0.5, seconds=1.0)


class Case(NamedTuple):
    """
    Attributes:
        bus: A kind of bus; None: what comes with the database.
    """

    what: str
    engine: str
    bus: str | None
    processes: int


CASES = (
    Case("SQLite, `memory://`: no bus at all", "sqlite", "memory", 1),
    Case("SQLite, alone", "sqlite", None, 1),
    Case("SQLite, one of two", "sqlite", None, 2),
    Case("SQLite, one of four", "sqlite", None, 4),
    Case("PostgreSQL, `memory://`: no bus at all", "postgresql", "memory", 1),
    Case("PostgreSQL, one of two", "postgresql", None, 2),
    Case("PostgreSQL and Redis, one of two", "postgresql", "redis", 2),
    Case("PostgreSQL and NATS, one of two", "postgresql", "nats", 2),
)


def run(backends: Backends, size: Size) -> str:
    rows: list[list[str]] = []
    for case in CASES:
        if case.engine not in backends.engines:
            continue
        share = measure(case, backends, size)
        log(f"rest: {case.what}: {share:.2%} of a core")
        rows.append([case.what, f"{share:.2%}"])
    return f"Over {size.seconds:g} seconds, once.\n\n" + table(("process", "of a core"), rows)


def measure(case: Case, backends: Backends, size: Size) -> float:
    """The share of a core that each of the processes takes."""
    with backends.database(case.engine) as url:
        bus = None if case.bus is None else backends.bus_of(case.bus, url)
        options = {} if bus is None else {"bus_url": bus}
        environment = {host.DATABASE_URL: url, host.OPTIONS: json.dumps(options)}
        with servers(
            "tests.support.host:from_environment()", processes=case.processes, **environment
        ) as running:
            time.sleep(size.settle)
            cpu, began = running.cpu(), time.perf_counter()
            time.sleep(size.seconds)
            return (running.cpu() - cpu) / (time.perf_counter() - began) / case.processes
