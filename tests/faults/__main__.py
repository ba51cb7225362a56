"""Run the faults and write the report.

python -m tests.faults                        every fault at small size, on everything
python -m tests.faults --size full            at the report's size; takes about an hour
python -m tests.faults --only workers_killed --database postgresql://… --bus redis://…
python -m tests.faults --size full --keep runs.jsonl    goes on where an earlier one stopped
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from tests.faults import report
from tests.faults.ground import Ground
from tests.faults.report import Kept, Run
from tests.faults.scenario import Engine, Finding, Scenario, Size
from tests.faults.scenarios import SCENARIOS
from tests.support.engines import EngineMissing
from tests.support.people import close_everybody


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--database", help="sqlite, postgresql or a URL; without it both")
    parser.add_argument("--bus", help="a kind of bus or a URL; without it all")
    parser.add_argument("--size", type=Size, choices=list(Size), default=Size.SMALL)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--seconds", type=float, help="how long the soak goes on")
    parser.add_argument("--benchmarks", action="store_true", help="measure the speed as well")
    parser.add_argument("--report", type=Path, help="write the report into this file as well")
    parser.add_argument(
        "--keep",
        type=Path,
        help="keep what was run in this file, leave out what it holds already, report all of it",
    )
    options = parser.parse_args()

    # Like Ctrl+C, so that the servers that were started are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kept = Kept(options.keep)
    load = os.getloadavg()[0]
    left_out: list[str] = []
    with Ground(database=options.database, bus=options.bus) as ground:
        for scenario in SCENARIOS:
            if scenario.name not in options.only:
                continue
            combinations = ground.combinations(scenario, options.size)
            if not combinations:
                left_out.append(scenario.name)
                print(f"{scenario.name}: not on these", file=sys.stderr, flush=True)
            for engine, bus in combinations:
                if kept.has(scenario, engine, bus, options.size, options.seconds):
                    continue
                kept.add(run(ground, scenario, engine, bus, options.size, options.seconds))
        settings = [
            *ground.described(),
            ("workers", "uvicorn with uvloop where it is installed, websockets-sansio"),
            ("load of the machine before", f"{load:.1f}"),
        ]
        if left_out:
            settings.append(("not on this database and bus", ", ".join(left_out)))
    benchmarks = ""
    if options.benchmarks:
        # Only here: the benchmarks need the peers that they compare with.
        from tests.benchmarks import report as benchmark_report

        benchmarks = benchmark_report.run(
            quick=options.size is Size.SMALL, database=options.database, bus=options.bus
        )
    runs = kept.runs
    text = report.page(
        runs,
        size=options.size,
        command=" ".join(["python -m tests.faults", *sys.argv[1:]]),
        settings=settings,
        benchmarks=benchmarks,
    )
    print(text)
    if options.report is not None:
        options.report.write_text(text, "utf-8")
    return 0 if runs and all(done.holds for done in runs) else 1


def run(
    ground: Ground,
    scenario: Scenario,
    engine: Engine,
    bus: str,
    size: Size,
    seconds: float | None = None,
) -> Run:
    """One scenario on one database and bus; whatever ends it early is part of what was found."""
    print(f"{scenario.name} on {engine}, bus {bus} …", file=sys.stderr, flush=True)
    began = time.monotonic()
    found: list[Finding] = []
    error: str | None = None
    try:
        with ground.setting(engine, bus, size, seconds=seconds) as setting:
            found = asyncio.run(scenario.run(setting))
    except EngineMissing as missing:
        error = f"not run: {missing}"
    except Exception as failure:
        traceback.print_exc()
        error = f"{type(failure).__name__}: {failure}"
    finally:
        close_everybody()
    took = time.monotonic() - began
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    for finding in found:
        mark = "  ok  " if finding.holds else "BROKEN"
        line = f"  {mark} {finding.what}: {finding.measured} (limit {finding.limit})"
        print(line, file=sys.stderr, flush=True)
    return Run(
        name=scenario.name,
        engine=engine,
        bus=bus,
        size=size,
        lasting=seconds,
        at=at,
        code=report.code(),
        seconds=took,
        findings=found,
        error=error,
    )


if __name__ == "__main__":
    sys.exit(main())
