"""Put bugs into the code, one at a time, and say which of them no test noticed.

    python -m tests.mutation                        everything; takes hours
    python -m tests.mutation rules --sample 40      40 of each module of the rules, chosen by --seed
    python -m tests.mutation --module domain/receipts.py

Each bug is met by the tests that run its line, the quick ones first, until one fails. The exit
status is 1 if a bug was neither noticed nor explained in ``equivalent.toml``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.mutation import overlay
from tests.mutation.operators import Mutant, mutants_of
from tests.mutation.targets import TARGETS, Target

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "campfire_chat"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")

#: What a test may take with a bug in the code: so many times what it takes without, and seconds.
PATIENCE, AT_LEAST = 5, 30.0

NOTICED, HUNG, SURVIVED, EXPLAINED, UNTESTED = (
    "noticed",
    "hung",
    "survived",
    "explained",
    "untested",
)


class Verdict(NamedTuple):
    module: str
    mutant: Mutant
    outcome: str
    #: The first test that failed, or why it need not be noticed.
    by: str = ""


class Baseline:
    """Which tests run which lines, and how long each takes."""

    def __init__(self, target: Target, modules: Iterable[Path], folder: Path) -> None:
        path = folder / "lines.json"
        environment = {
            **os.environ,
            overlay.LINES: str(path),
            overlay.FILES: os.pathsep.join(map(str, modules)),
        }
        done = _pytest(target, target.tests, environment, timeout=None)
        if done.returncode:
            raise SystemExit(f"the tests fail without a bug:\n{done.stdout[-4000:]}")
        found = json.loads(path.read_text())
        self._lines: dict[str, dict[str, list[str]]] = found["lines"]
        self.seconds: dict[str, float] = found["seconds"]

    def tests_of(self, module: Path, line: int) -> list[str]:
        """The quickest first. What runs at import concerns every test of the module."""
        lines = self._lines.get(str(module), {})
        tests = set(lines.get(str(line), ()))
        if not tests:
            tests = {test for some in lines.values() for test in some}
        return sorted(tests, key=lambda test: self.seconds.get(test, 0.0))


def _pytest(
    target: Target, tests: Iterable[str], environment: dict[str, str], timeout: float | None
) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "pytest", "-p", "tests.mutation.overlay", "-x", "-q"),
        *("-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "--no-header"),
        *("-k", target.only, *tests),
    ]
    environment = {name: value for name, value in environment.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, timeout=timeout, capture_output=True, text=True
    )


def _try(target: Target, module: Path, mutant: Mutant, baseline: Baseline, folder: Path) -> Verdict:
    name = str(module.relative_to(SOURCES))
    tests = baseline.tests_of(module, mutant.line)
    if not tests:
        return Verdict(name, mutant, UNTESTED)
    source = folder / f"{abs(hash((name, mutant.where, mutant.change, mutant.line)))}.py"
    source.write_text(mutant.source, "utf-8")
    dotted = ".".join(["campfire_chat", *module.relative_to(SOURCES).with_suffix("").parts])
    environment = {**os.environ, overlay.MODULE: dotted, overlay.SOURCE: str(source)}
    usual = sum(baseline.seconds.get(test, 0.0) for test in tests)
    try:
        done = _pytest(target, tests, environment, timeout=AT_LEAST + PATIENCE * usual)
    except subprocess.TimeoutExpired:
        return Verdict(name, mutant, HUNG)
    finally:
        source.unlink()
    if done.returncode == 0:
        return Verdict(name, mutant, SURVIVED)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return Verdict(name, mutant, NOTICED, failed[0][:120] if failed else "it does not start")


def _explained() -> dict[tuple[str, str, str], str]:
    """Bugs that change nothing anybody could see, and why, by module, place and change."""
    entries = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("equivalent", [])
    return {(entry["module"], entry["where"], entry["change"]): entry["why"] for entry in entries}


def _run(target: Target, options: argparse.Namespace) -> list[Verdict]:
    modules = sorted({path for pattern in target.modules for path in SOURCES.glob(pattern)})
    if options.module:
        modules = [path for path in modules if str(path.relative_to(SOURCES)) in options.module]
    if not modules:
        return []
    explained = _explained()
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(options.jobs) as pool:
        folder = Path(name)
        baseline = Baseline(target, modules, folder)
        verdicts: list[Verdict] = []
        waiting = []
        for module in modules:
            short = str(module.relative_to(SOURCES))
            mutants = mutants_of(module.read_text("utf-8"))
            if options.sample is not None and options.sample < len(mutants):
                chance = random.Random(f"{options.seed} {short}")
                mutants = sorted(chance.sample(mutants, options.sample), key=lambda one: one.line)
            for mutant in mutants:
                why = explained.get((short, mutant.where, mutant.change))
                if why is not None:
                    verdicts.append(Verdict(short, mutant, EXPLAINED, why))
                    continue
                waiting.append(pool.submit(_try, target, module, mutant, baseline, folder))
        for one in waiting:
            verdict = one.result()
            verdicts.append(verdict)
            if verdict.outcome in (SURVIVED, UNTESTED):
                print(_line(verdict), flush=True)
        return verdicts


def _line(verdict: Verdict) -> str:
    mutant = verdict.mutant
    return f"{verdict.outcome}: {verdict.module}:{mutant.line} {mutant.where}: {mutant.change}"


def _report(verdicts: list[Verdict]) -> str:
    by_module: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        by_module.setdefault(verdict.module, Counter())[verdict.outcome] += 1
    lines = [
        "| module | bugs | noticed | explained | not noticed |",
        "|---|---|---|---|---|",
    ]
    for module, counts in sorted(by_module.items()):
        noticed = counts[NOTICED] + counts[HUNG]
        missed = counts[SURVIVED] + counts[UNTESTED]
        lines.append(
            f"| {module} | {counts.total()} | {noticed} | {counts[EXPLAINED]} | {missed} |"
        )
    missed = [verdict for verdict in verdicts if verdict.outcome in (SURVIVED, UNTESTED)]
    return "\n".join([*lines, "", *(f"- {_line(verdict)}" for verdict in missed)]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--module", action="append", help="only this file below src/campfire_chat")
    parser.add_argument("--sample", type=int, help="so many bugs of each module")
    parser.add_argument("--seed", default="1", help="which of them")
    parser.add_argument("--jobs", type=int, default=2, help="at the same time")
    parser.add_argument("--report", type=Path, help="write the result there, in Markdown")
    options = parser.parse_args()
    unknown = set(options.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    verdicts: list[Verdict] = []
    for name in options.targets or TARGETS:
        verdicts += _run(TARGETS[name], options)
    report = _report(verdicts)
    print(report)
    if options.report is not None:
        options.report.write_text(report, "utf-8")
    return int(any(verdict.outcome in (SURVIVED, UNTESTED) for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
