"""Durable messages per second and their latency, beside the field's usual ways.

Pairs of clients in a closed loop: every socket has one message under way and sends the next when it
has its answer and the other side has the message. Every server is uvicorn with uvloop and
``websockets-sansio``; the load comes from another process. The servers take turns, round by
round, and each figure is the median of the rounds.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.contenders import BASES, CONTENDERS, Contender
from tests.benchmarks.generator import generate
from tests.benchmarks.load import Plan, Result
from tests.benchmarks.servers import Backends
from tests.benchmarks.tables import log, table


class Size(NamedTuple):
    """How much is measured; times in seconds."""

    pairs: Sequence[int]
    rounds: int
    warm_up: float
    seconds: float


FULL = Size(pairs=(50, 500), rounds=5, warm_up=1.5, seconds=5.0)
QUICK = Size(pairs=(50,), rounds=1, warm_up=0.5, seconds=1.5)


def run(backends: Backends, size: Size, *, only: Sequence[str] = ()) -> str:
    """The tables, one for each number of pairs."""
    names = [
        name
        for name, contender in CONTENDERS.items()
        if (not only or name in only)
        and (contender.engine is None or contender.engine in backends.engines)
    ]
    parts: list[str] = []
    for pairs in size.pairs:
        rounds: dict[str, list[Result]] = {name: [] for name in names}
        for number in range(size.rounds):
            for name in names:
                found = measure(CONTENDERS[name], backends, pairs, size)
                rounds[name].append(found)
                log(
                    f"messages, {pairs} pairs, round {number + 1}: {name}: "
                    f"{found.rate:,.0f}/s, {found.cpu:.0f} µs of CPU each"
                )
        parts.append(f"### {pairs} pairs\n\n{_table(rounds)}")
    return "\n\n".join(parts)


def measure(contender: Contender, backends: Backends, pairs: int, size: Size) -> Result:
    with contender.start(backends, pairs) as running:
        plan = Plan(contender.kind, running.pairs, running.servers.pids, size.warm_up, size.seconds)
        return generate("load", plan, Result)


def _table(rounds: dict[str, list[Result]]) -> str:
    rates = {name: statistics.median(one.rate for one in some) for name, some in rounds.items()}
    rows: list[list[str]] = []
    for name, some in rounds.items():
        contender = CONTENDERS[name]
        every = sorted(one.rate for one in some)
        base = rates.get(BASES.get(contender.engine or "", ""))
        rows.append(
            [
                contender.what,
                "yes" if contender.durable else "no",
                f"{rates[name]:,.0f}",
                f"{every[0]:,.0f}–{every[-1]:,.0f}",
                f"{rates[name] / base:.1f}" if base else "",
                *(
                    f"{statistics.median(getattr(one, field) for one in some):,.0f}"
                    for field in ("ok_p50", "ok_p99", "delivery_p50", "delivery_p99")
                ),
                f"{statistics.median(one.cpu for one in some):,.0f}",
                f"{statistics.median(one.own_cpu for one in some):.0%}",
                f"{statistics.median(one.machine for one in some):.0%}",
            ]
        )
    headings = (
        *("server", "durable", "messages/s", "of the rounds", "ratio"),
        *("ok p50 ms", "p99", "delivery p50 ms", "p99", "CPU µs", "generator", "machine"),
    )
    return table(headings, rows)
