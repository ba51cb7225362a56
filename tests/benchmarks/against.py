"""``python -m tests.benchmarks.against TREE``: what this tree costs more than another one.

``TREE`` is a checkout of an earlier commit with an environment of its own in ``.venv`` (the extras
``test`` and ``benchmarks``). The two take turns, so that what the machine does meanwhile meets
both. Each figure is the mean of the ratios of the pairs, with its interval of 95 % confidence by
Student's t.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.tables import log, table
from tests.support.servers import ROOT

#: The part of a run that is done in either tree; it reads orders and answers each with a line.
WORKER = """
import json, sys
from tests.benchmarks import idle, messages
from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.servers import Backends
idle.raise_limit(2 * idle.FULL.pairs + 500)
with Backends() as backends:
    for line in sys.stdin:
        name, pairs = json.loads(line)
        if pairs:
            found = messages.measure(CONTENDERS[name], backends, pairs, messages.FULL)
            figures = {
                "messages/s": found.rate,
                "CPU µs each": found.cpu,
                "ok p99 ms": found.ok_p99,
            }
        else:
            found = idle.measure(name, backends, idle.FULL)
            figures = {
                "bytes each": found.memory,
                "connects/s": found.connected.rate,
                "CPU µs each": found.connecting,
            }
        print(json.dumps(figures), flush=True)
"""

#: Two-sided 95 % quantiles of Student's t by degrees of freedom; R. A. Fisher's table.
STUDENT = {
    **{4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201},
    **{12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 17: 2.110, 19: 2.093, 24: 2.064, 29: 2.045},
}

Ask = Callable[[str, int], dict[str, float]]


@contextmanager
def worker(tree: Path) -> Iterator[Ask]:
    """A process that measures a tree."""
    with subprocess.Popen(
        [tree / ".venv/bin/python", "-c", WORKER],
        cwd=tree,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        orders, answers = process.stdin, process.stdout

        def ask(name: str, pairs: int) -> dict[str, float]:
            orders.write(json.dumps([name, pairs]) + "\n")
            orders.flush()
            answer = answers.readline()
            if not answer:
                raise SystemExit(f"The measurement of {tree} has ended before its answer.")
            return json.loads(answer)

        yield ask
        orders.close()


def interval(ratios: list[float]) -> tuple[float, float]:
    """The mean of the ratios, and half the width of its interval of 95 % confidence."""
    freedom = len(ratios) - 1
    quantile = STUDENT[max(known for known in STUDENT if known <= freedom)]
    return statistics.mean(ratios), quantile * statistics.stdev(ratios) / math.sqrt(len(ratios))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tree", type=Path)
    parser.add_argument("--rounds", type=int, default=10, help="pairs of runs, at least five")
    parser.add_argument("--pairs", type=int, nargs="*", default=[50, 500])
    parser.add_argument("--idle", action="store_true", help="idle sockets as well")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("fewer than five pairs say nothing")
    runs = [
        (f"campfire-{database}", pairs)
        for database in options.databases
        for pairs in [*options.pairs, *([0] if options.idle else [])]
    ]
    rows: list[list[str]] = []
    with ExitStack() as stack:
        before = stack.enter_context(worker(options.tree.resolve()))
        now = stack.enter_context(worker(ROOT))
        for name, pairs in runs:
            found: list[tuple[dict[str, float], dict[str, float]]] = []
            for number in range(options.rounds):
                # Neither of them always comes first.
                if number % 2:
                    second = now(name, pairs)
                    found.append((before(name, pairs), second))
                else:
                    first = before(name, pairs)
                    found.append((first, now(name, pairs)))
                log(f"{name}, {pairs or 'idle'}, round {number + 1}: {found[-1]}")
            for figure in found[0][0]:
                old = [one[figure] for one, _ in found]
                new = [one[figure] for _, one in found]
                mean, width = interval([b / a for a, b in zip(old, new, strict=True)])
                rows.append(
                    [
                        f"{name}, {f'{pairs} pairs' if pairs else 'idle'}",
                        figure,
                        f"{statistics.mean(old):,.0f}",
                        f"{statistics.mean(new):,.0f}",
                        f"{mean:.3f} ± {width:.3f}",
                    ]
                )
    print(table(("server", "figure", "before", "now", "ratio"), rows))


if __name__ == "__main__":
    main()
