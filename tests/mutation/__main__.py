"""Put bugs into the code, one at a time, and say which of them no test noticed.

    python -m tests.mutation                        everything; takes hours
    python -m tests.mutation rules --sample 40      40 of each module of the rules, chosen by --seed
    python -m tests.mutation --module features/receipts/rules.py

Each bug is met by the tests that run its line, until one fails: first those that noticed other bugs
of the module, then the quick ones. That test is run once more, alone: one that then passes has
failed by chance, as on a busy machine, and the others go on without it. The exit status is 1 if a
bug was neither noticed nor explained in ``equivalent.toml``.

What is written to the report replaces what it said of the same targets, and leaves the others.
``--again`` keeps what was noticed the last time and tries the others, for tests that were added.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import re
import sys
import tempfile
import tomllib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutation import forks, overlay
from tests.mutation.operators import Mutant, mutants_of
from tests.mutation.targets import TARGETS, Target

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "campfire_chat"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
#: Which tests run which lines, as long as neither has changed.
CACHE = ROOT / "tests" / "output" / "mutation"

#: Seconds after which a run is ended, beyond what its tests may take; see ``overlay``.
AT_MOST = 120.0
#: Seconds below which a test is quick.
QUICK = 0.1

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

    def __init__(self, target: Target, modules: Iterable[Path]) -> None:
        self.path = CACHE / f"{_fingerprint(target)}.json"
        if not self.path.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            self._measure(target, modules)
        found = json.loads(self.path.read_text())
        self._lines: dict[str, dict[str, list[str]]] = found["lines"]
        self.seconds: dict[str, float] = found["seconds"]
        self.usual = self.path.with_suffix(".usual.json")
        self.usual.write_text(json.dumps(self.seconds))
        #: How many bugs of a module each test has noticed.
        self._noticed: dict[Path, Counter[str]] = {}
        self._statements: dict[Path, list[range]] = {}
        forks.preload(found["modules"])

    def _measure(self, target: Target, modules: Iterable[Path]) -> None:
        output, fresh = self.path.with_suffix(".txt"), self.path.with_suffix(".new")
        environment = {
            overlay.LINES: str(fresh),
            overlay.FILES: os.pathsep.join(map(str, modules)),
        }
        if forks.run(forks.Job(_arguments(target, target.tests), environment, None, output)):
            raise SystemExit(f"the tests fail without a bug:\n{output.read_text()[-4000:]}")
        fresh.rename(self.path)

    def tests_of(self, module: Path, line: int, budget: float) -> list[str]:
        """Those to try, in their order: as many as usually take ``budget`` seconds.

        What runs at import concerns every test of the module, and the quick ones of the target,
        which may look at a number or a table and run nothing. What never runs concerns none.
        """
        lines = self._lines.get(str(module), {})
        run = [lines[str(near)] for near in self._statement(module, line) if str(near) in lines]
        if lines and not run:
            return []
        tests = {test for some in run for test in some}
        if not tests:
            later = {test for some in lines.values() for test in some}
            short = {test for test, seconds in self.seconds.items() if seconds < QUICK}
            # Of a module such as a table, nothing runs later.
            tests = later | short if later else set(self.seconds)
        noticed = self._noticed.get(module, {})
        quick = sorted(tests, key=lambda test: (self.seconds.get(test, 0.0), test))
        # One case of each test comes before the second one of any: the others are much alike.
        cases: Counter[str] = Counter()
        rank: dict[str, tuple[int, int]] = {}
        for test in quick:
            name = test.partition("[")[0]
            rank[test] = (-noticed.get(test, 0), cases[name])
            cases[name] += 1
        ordered = sorted(quick, key=lambda test: rank[test])
        spent = accumulate(self.seconds.get(test, 0.0) for test in ordered)
        # The first one that goes beyond the budget is still tried.
        return [test for test, sum_ in zip(ordered, [0.0, *spent], strict=False) if sum_ < budget]

    def _statement(self, module: Path, line: int) -> range:
        """The lines of the statement in which a line is; of one that holds others, its head."""
        if module not in self._statements:
            self._statements[module] = sorted(_statements(module.read_text("utf-8")), key=len)
        return next((some for some in self._statements[module] if line in some), range(line, line))

    def note(self, module: Path, test: str) -> None:
        """A test has noticed a bug of a module."""
        self._noticed.setdefault(module, Counter())[test] += 1


def _statements(source: str) -> Iterator[range]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            inside = next((one.lineno for one in getattr(node, "body", ())), None)
            end = node.end_lineno or node.lineno
            # The only statement of a head may stand on its line.
            yield range(node.lineno, end + 1 if inside is None else max(inside, node.lineno + 1))


def _fingerprint(target: Target) -> str:
    """Of everything that the lines of a target's tests depend on."""
    digest = hashlib.sha256(repr(target).encode())
    for folder in (SOURCES, ROOT / "tests"):
        for path in sorted(folder.rglob("*.py")):
            if "node_modules" not in path.parts and path.parent != Path(__file__).parent:
                digest.update(str(path).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _arguments(target: Target, tests: Iterable[str]) -> list[str]:
    return [
        *("-p", "tests.mutation.overlay", "-x", "-q", "--hypothesis-seed=0", "--no-header"),
        *("-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(ROOT)),
        # The libraries are there already; see forks.
        *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
        *("-m", "not browser and not slow", "-k", target.only, *tests),
    ]


class _Trial:
    """A bug that is to be met by tests."""

    def __init__(
        self,
        target: Target,
        module: Path,
        mutant: Mutant,
        baseline: Baseline,
        folder: Path,
        budget: float,
    ) -> None:
        self._target = target
        self._module = module
        self._mutant = mutant
        self._baseline = baseline
        self._output = folder / f"{_digest(mutant.source)}.txt"
        self._budget = budget
        #: Chosen when it begins, since by then more is known of what the tests notice.
        self._tests: list[str] = []
        #: What the first run says, and the test that is run once more because of it.
        self._first: Verdict | None = None

    def job(self) -> forks.Job:
        if not self._tests:
            self._tests = self._baseline.tests_of(self._module, self._mutant.line, self._budget)
        source = self._output.with_suffix(".py")
        source.write_text(self._mutant.source, "utf-8")
        names = ["campfire_chat", *self._module.relative_to(SOURCES).with_suffix("").parts]
        environment = {
            overlay.MODULE: ".".join(names),
            overlay.SOURCE: str(source),
            overlay.USUAL: str(self._baseline.usual),
        }
        tests = self._tests if self._first is None else [self._first.by]
        usual = sum(self._baseline.seconds.get(test, 0.0) for test in tests)
        seconds = AT_MOST + overlay.PATIENCE * usual
        return forks.Job(_arguments(self._target, tests), environment, seconds, self._output)

    def verdict(self, status: int | None) -> Verdict | None:
        """What a run has shown; None if another one has to."""
        name, mutant, first = str(self._module.relative_to(SOURCES)), self._mutant, self._first
        found = self._read(name, status)
        if first is not None:
            self._first = None
            if found.outcome != SURVIVED:
                self._baseline.note(self._module, first.by)
                return first
            # By chance.
            self._tests = [test for test in self._tests if test != first.by]
            return None if self._tests else Verdict(name, mutant, SURVIVED)
        if found.by in self._tests:
            self._first = found
            return None
        if found.outcome == SURVIVED and status != 0:
            missing = tuple(re.findall(r"ERROR: not found: \S*?(tests/\S+)", self._text()))
            left = [test for test in self._tests if not test.startswith(missing)]
            if missing and left:
                self._tests = left
                return None
        return found

    def _text(self) -> str:
        return self._output.read_text("utf-8", errors="replace")

    def _read(self, name: str, status: int | None) -> Verdict:
        mutant = self._mutant
        if status is None:
            return Verdict(name, mutant, HUNG)
        if status == 0:
            return Verdict(name, mutant, SURVIVED)
        text = self._text()
        if status == overlay.HUNG:
            hung = re.search(rf"^{overlay.HANGS}(.*)$", text, re.M)
            return Verdict(name, mutant, HUNG, hung[1] if hung else "")
        found = re.search(r"^(?:FAILED|ERROR) (tests/.*?)(?: - .*)?$", text, re.M)
        if found is not None:
            return Verdict(name, mutant, NOTICED, found[1])
        if status < 0 or "ERROR: not found" in text or status == pytest.ExitCode.NO_TESTS_COLLECTED:
            # Something else has ended it, such as the system when it is out of memory; or the bug
            # takes away the cases of a test, which nobody would notice.
            return Verdict(name, mutant, SURVIVED, f"no test was run ({status}): {_end(text)}")
        return Verdict(name, mutant, NOTICED, f"it does not start: {_end(text)}")


def _end(text: str) -> str:
    """The end of what a run says, on one line."""
    return " ".join(text.split())[-200:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Explained:
    """Bugs that change nothing anybody could see, and why; see ``equivalent.toml``."""

    def __init__(self) -> None:
        self._entries = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("equivalent", [])

    def why(self, short: str, mutant: Mutant, line: str) -> str | None:
        """The reason, if there is one; ``line`` is that of the original."""
        for entry in self._entries:
            named = (entry["module"], entry["where"], entry["change"])
            if named == (short, mutant.where, mutant.change) and entry.get("code", "") in line:
                return entry["why"]
        return None


def _sampled(module: Path, options: argparse.Namespace) -> list[Mutant]:
    mutants = mutants_of(module.read_text("utf-8"))
    if options.sample is None or options.sample >= len(mutants):
        return mutants
    # Each bug by a number of its own, so that a change elsewhere in the file chooses no other ones.
    short = str(module.relative_to(SOURCES))

    def number(mutant: Mutant) -> float:
        return random.Random(f"{options.seed} {short} {mutant.where} {mutant.change}").random()

    return sorted(sorted(mutants, key=number)[: options.sample], key=lambda one: one.line)


def _run(target: Target, past: Past, options: argparse.Namespace) -> Iterator[Verdict]:
    modules = sorted({path for pattern in target.modules for path in SOURCES.glob(pattern)})
    wanted = [
        path
        for path in modules
        if not options.module or str(path.relative_to(SOURCES)) in options.module
    ]
    if not wanted:
        return
    explained = Explained()
    baseline = None if options.recall else Baseline(target, modules)
    with tempfile.TemporaryDirectory() as name:
        trials: dict[str, _Trial] = {}
        for module in wanted:
            short = str(module.relative_to(SOURCES))
            lines = ["", *module.read_text("utf-8").splitlines()]
            for number, mutant in enumerate(_sampled(module, options)):
                why = explained.why(short, mutant, lines[mutant.line])
                before = past.of(short, mutant) if options.again or options.recall else None
                if why is not None:
                    yield Verdict(short, mutant, EXPLAINED, why)
                elif before is not None:
                    yield before
                elif baseline is None:
                    yield Verdict(short, mutant, SURVIVED)
                elif not baseline.tests_of(module, mutant.line, options.budget):
                    yield Verdict(short, mutant, UNTESTED)
                else:
                    trial = _Trial(target, module, mutant, baseline, Path(name), options.budget)
                    trials[f"{short} {number}"] = trial
        work = deque[tuple[str, Callable[[], forks.Job]]](
            (key, trial.job) for key, trial in trials.items()
        )
        for key, status in forks.run_all(work, jobs=options.jobs):
            verdict = trials[key].verdict(status)
            if verdict is None:
                work.appendleft((key, trials[key].job))
            else:
                yield verdict


class Past:
    """What became of the bugs of a target the last time, in files that have not changed since."""

    def __init__(self, target: str) -> None:
        self._path = CACHE / f"{target}.json"
        self._noticed: dict[str, str] = {}
        if self._path.exists():
            self._noticed = json.loads(self._path.read_text())

    def of(self, short: str, mutant: Mutant) -> Verdict | None:
        """How it was noticed, if it was."""
        by = self._noticed.get(_digest(f"{short} {mutant.source}"))
        return None if by is None else Verdict(short, mutant, NOTICED if by else HUNG, by)

    def keep(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.outcome in (NOTICED, HUNG):
                key = _digest(f"{verdict.module} {verdict.mutant.source}")
                self._noticed[key] = verdict.by if verdict.outcome == NOTICED else ""
        CACHE.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._noticed))


def _line(verdict: Verdict) -> str:
    mutant = verdict.mutant
    return f"{verdict.outcome}: {verdict.module}:{mutant.line} {mutant.where}: {mutant.change}"


def _weighted(by_module: dict[str, Counter[str]]) -> float:
    """The share that tests would notice of all bugs of these modules, judged by the sample: a large
    module counts for more than a small one."""
    noticed = possible = 0.0
    for module, counts in by_module.items():
        tried = counts.total() - counts[EXPLAINED]
        if tried:
            bugs = len(mutants_of((SOURCES / module).read_text("utf-8")))
            noticed += bugs * (counts[NOTICED] + counts[HUNG]) / counts.total()
            possible += bugs * tried / counts.total()
    return noticed / possible if possible else 1.0


def _section(name: str, verdicts: list[Verdict], options: argparse.Namespace) -> str:
    """What is reported of a target."""
    by_module: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        by_module.setdefault(verdict.module, Counter())[verdict.outcome] += 1
    total: Counter[str] = sum(by_module.values(), Counter())
    sample = "all bugs" if options.sample is None else f"{options.sample} bugs of each module"
    lines = [
        f"## {name}",
        "",
        f"{sample}, seed {options.seed}, budget {options.budget:g} s: noticed {_share(total)}; "
        f"by the sizes of the modules {100 * _weighted(by_module):.0f} %.",
        "",
        "| module | bugs | noticed | explained | not noticed | score |",
        "|---|---|---|---|---|---|",
    ]
    for module, counts in sorted(by_module.items()):
        noticed = counts[NOTICED] + counts[HUNG]
        missed = counts[SURVIVED] + counts[UNTESTED]
        lines.append(
            f"| {module} | {counts.total()} | {noticed} | {counts[EXPLAINED]} | {missed} "
            f"| {_percent(counts)} |"
        )
    order = sorted(verdicts, key=lambda one: (one.module, one.mutant.line))
    for title, outcomes in (("Not noticed", (SURVIVED, UNTESTED)), ("Explained", (EXPLAINED,))):
        some = [verdict for verdict in order if verdict.outcome in outcomes]
        if some:
            whys = [f" — {one.by}" if one.by else "" for one in some]
            listed = [f"- {_line(one)}{why}" for one, why in zip(some, whys, strict=True)]
            lines += ["", f"{title}:", "", *listed]
    return "\n".join(lines) + "\n"


def _percent(counts: Counter[str]) -> str:
    """Of the bugs that a test could notice."""
    noticed, possible = counts[NOTICED] + counts[HUNG], counts.total() - counts[EXPLAINED]
    return f"{100 * noticed / possible:.0f} %" if possible else "–"


def _share(counts: Counter[str]) -> str:
    noticed, possible = counts[NOTICED] + counts[HUNG], counts.total() - counts[EXPLAINED]
    return f"{noticed} of {possible} ({_percent(counts)}), {counts[EXPLAINED]} explained"


def _write(path: Path, sections: dict[str, str]) -> None:
    """Replace the sections of these targets. What a person has written before them stays."""
    said, found = _HEAD, dict[str, str]()
    if path.exists():
        said, *parts = re.split(r"(?m)^(?=## )", path.read_text("utf-8"))
        for text in parts:
            name = text.split("\n", 1)[0].removeprefix("## ")
            if name in TARGETS:
                found[name] = text.rstrip("\n") + "\n"
            else:
                said += text
    found |= sections
    ordered = [found[name] for name in TARGETS if name in found]
    path.write_text("\n".join([said.rstrip("\n") + "\n", *ordered]), "utf-8")


_HEAD = """# What the tests notice

`python -m tests.mutation TARGET --sample N --seed S --report tests/mutation/survivors.md` writes
this. It puts small bugs into the code, one at a time. The score is the share that a test
noticed. Bugs that no test can notice are not counted; `equivalent.toml` says why.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--module", action="append", help="only this file below src/campfire_chat")
    parser.add_argument("--sample", type=int, help="so many bugs of each module")
    parser.add_argument("--seed", default="1", help="which of them")
    parser.add_argument("--jobs", type=int, default=2, help="at the same time")
    parser.add_argument("--report", type=Path, help="write the result there, in Markdown")
    parser.add_argument(
        "--budget",
        type=float,
        default=30.0,
        help="seconds of tests for a bug",
    )
    parser.add_argument("--again", action="store_true", help="only those not noticed last time")
    parser.add_argument("--recall", action="store_true", help="report the last time, try nothing")
    parser.add_argument("--tests", nargs="+", help="with these tests, not those of the target")
    parser.add_argument(
        "--all-engines", action="store_true", help="also on PostgreSQL, for bugs that SQLite hides"
    )
    parser.add_argument("--verbose", action="store_true", help="show every bug, and who noticed it")
    options = parser.parse_args()
    unknown = set(options.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    missed, sections = False, dict[str, str]()
    for name in options.targets or TARGETS:
        target, past = TARGETS[name], Past(name)
        if options.tests:
            target = target._replace(tests=tuple(options.tests))
        if options.all_engines:
            target = target._replace(only="")
        verdicts: list[Verdict] = []
        for verdict in _run(target, past, options):
            verdicts.append(verdict)
            past.keep([verdict])
            survived = verdict.outcome in (SURVIVED, UNTESTED)
            missed |= survived
            if survived or options.verbose:
                print(f"{_line(verdict)}  [{verdict.by}]" if verdict.by else _line(verdict))
                sys.stdout.flush()
        if verdicts:
            sections[name] = _section(name, verdicts, options)
            print(sections[name], flush=True)
            if options.report is not None:
                _write(options.report, sections)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
