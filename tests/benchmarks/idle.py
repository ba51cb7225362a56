"""Thousands of sockets with subscriptions in one process: what each holds, and messages among them.

Memory is what the server's process holds with them less what it held before, by proportional set
size. A connection counts as made when the server has answered its greeting: for ours that is a
``hello`` with a token or a session, and a subscription that was authorised in the database. Our
clients come back, as after a deploy, and subscribe with their hello.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.contenders import CONTENDERS, campfire
from tests.benchmarks.generator import generator
from tests.benchmarks.idle_load import Connected, Delivered, Plan
from tests.benchmarks.servers import Backends
from tests.benchmarks.tables import log, table

#: Sockets of one agent; each has another conversation open.
TABS = 20


class Size(NamedTuple):
    """
    Attributes:
        pairs: Half as many as there are sockets.
        rest: Seconds for which nothing happens but heartbeats and signs of life.
        rate: Messages per second, for ``seconds``.
    """

    pairs: int
    rounds: int
    rest: float
    rate: float
    seconds: float


FULL = Size(pairs=5_000, rounds=5, rest=20.0, rate=500.0, seconds=10.0)
QUICK = Size(pairs=250, rounds=1, rest=2.0, rate=100.0, seconds=3.0)

#: Peers, by their name among all contenders; what stores in SQLite is asked for messages too.
PEERS = ("echo", "fastapi", "socketio", "fastapi-sqlite-tuned")


class Round(NamedTuple):
    """Bytes for each socket, connections, and what became of the messages.

    Attributes:
        resting: The share of a core that the server takes while nothing happens.
        connecting: Microseconds of CPU for each connection.
    """

    memory: float
    resting: float
    connecting: float
    connected: Connected
    delivered: Delivered | None


def run(backends: Backends, size: Size) -> str:
    raise_limit(2 * size.pairs + 500)
    ours = [f"campfire-{engine}" for engine in backends.engines]
    names = [*PEERS, *ours] if "sqlite" in backends.engines else [*PEERS[:-1], *ours]
    rounds: dict[str, list[Round]] = {name: [] for name in names}
    for number in range(size.rounds):
        for name in names:
            found = measure(name, backends, size)
            rounds[name].append(found)
            delay = f", p99 {found.delivered.p99:.0f} ms" if found.delivered else ""
            log(
                f"idle, round {number + 1}: {name}: {found.memory / 1024:.1f} KiB each, "
                f"{found.connected.rate:,.0f} connects/s, {found.connecting:,.0f} µs of CPU each, "
                f"{found.resting:.0%} of a core at rest{delay}"
            )
    return _table(rounds, size)


def raise_limit(descriptors: int) -> None:
    """Let this process and its children have that many open files.

    Raises:
        SystemExit: The system allows fewer.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < descriptors:
        raise SystemExit(f"{descriptors} open files are needed, {hard} are allowed (ulimit -Hn)")
    if soft < descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))


def measure(name: str, backends: Backends, size: Size) -> Round:
    contender = CONTENDERS[name]
    ours = name.startswith("campfire")
    with (
        campfire(backends, contender.engine or "", size.pairs, tabs=TABS, back=True)
        if ours
        else contender.start(backends, size.pairs)
    ) as running:
        # A bare echo sends to nobody else.
        rate = 0.0 if name == "echo" else size.rate
        plan = Plan(contender.kind, running.pairs, rate, size.seconds)
        with generator("idle_load", plan) as load:
            time.sleep(1)
            before, cpu = running.servers.memory(), running.servers.cpu()
            load.step()
            connected = load.answer(Connected)
            connecting = 1e6 * (running.servers.cpu() - cpu) / connected.count
            # What the connecting itself took is given back, or not.
            time.sleep(4)
            memory = (running.servers.memory() - before) / connected.count
            cpu, began = running.servers.cpu(), time.perf_counter()
            time.sleep(size.rest)
            resting = (running.servers.cpu() - cpu) / (time.perf_counter() - began)
            load.step()
            delivered = load.answer(Delivered) if rate else None
        return Round(memory, resting, connecting, connected, delivered)


def _table(rounds: dict[str, list[Round]], size: Size) -> str:
    def median(values: Sequence[float]) -> float:
        return statistics.median(values)

    bare = median([one.memory for one in rounds["echo"]])
    rows: list[list[str]] = []
    for name, some in rounds.items():
        memory = median([one.memory for one in some])
        every = sorted(one.memory / 1024 for one in some)
        talks = [one.delivered for one in some if one.delivered is not None]
        rows.append(
            [
                CONTENDERS[name].what,
                f"{memory / 1024:.1f}",
                f"{every[0]:.1f}–{every[-1]:.1f}",
                f"{memory / bare:.2f}",
                f"{median([one.connected.rate for one in some]):,.0f}",
                f"{median([one.connecting for one in some]):,.0f}",
                f"{median([one.resting for one in some]):.1%}",
                *(
                    (
                        f"{median([talk.p50 for talk in talks]):.1f}",
                        f"{median([talk.p99 for talk in talks]):.1f}",
                        f"{median([talk.worst for talk in talks]):.0f}",
                        f"{sum(talk.lost for talk in talks)} of {sum(t.sent for t in talks):,}",
                        f"{median([talk.lag_p99 for talk in talks]):.1f}",
                    )
                    if talks
                    else ("", "", "", "", "")
                ),
            ]
        )
    headings = (
        *("server", "KiB a socket", "of the rounds", "of the bare server's", "connects/s"),
        *("CPU µs each", "of a core at rest"),
        *("delivery p50 ms", "p99", "worst", "lost", "generator late p99"),
    )
    return f"{2 * size.pairs:,} sockets, {size.rate:,.0f} messages/s.\n\n{table(headings, rows)}"
