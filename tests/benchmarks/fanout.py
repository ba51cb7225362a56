"""One inbox, hundreds of agents: every change of any conversation goes to all of them.

Ours stores the message and the inbox's event and sends each agent the whole list row; the peers
send the message itself.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from campfire_chat.access.records import Agent
from tests.benchmarks.contenders import CONTENDERS, Running, campfire_environment, campfire_seat
from tests.benchmarks.fanout_load import Plan, Result
from tests.benchmarks.generator import generate
from tests.benchmarks.servers import Backends, servers
from tests.benchmarks.tables import log, table
from tests.benchmarks.wire import Seat
from tests.support import host
from tests.support.people import Desk, close_everybody


class Size(NamedTuple):
    agents: int
    rounds: int
    rate: float
    seconds: float


FULL = Size(agents=500, rounds=5, rate=10.0, seconds=5.0)
QUICK = Size(agents=50, rounds=1, rate=10.0, seconds=1.5)

PEERS = {"sqlite": ("fastapi", "fastapi-sqlite-tuned"), "postgresql": ("fastapi-postgresql",)}


def run(backends: Backends, size: Size) -> str:
    names = [name for engine in backends.engines for name in (*PEERS[engine], f"campfire-{engine}")]
    rounds: dict[str, list[Result]] = {name: [] for name in names}
    for number in range(size.rounds):
        for name in names:
            found = measure(name, backends, size)
            rounds[name].append(found)
            log(
                f"fanout, round {number + 1}: {name}: p99 {found.p99:.1f} ms, "
                f"{found.events:,.0f} events/s to all"
            )
    rows = [
        [
            CONTENDERS[name].what,
            "yes" if CONTENDERS[name].durable else "no",
            *(
                f"{statistics.median(getattr(one, field) for one in some):.1f}"
                for field in ("p50", "p99", "last_p50", "events")
            ),
            f"{min(one.events for one in some):.1f}–{max(one.events for one in some):.1f}",
            f"{statistics.median(one.events for one in some) * size.agents:,.0f}",
            str(sum(one.lost for one in some)),
        ]
        for name, some in rounds.items()
    ]
    headings = (
        *("server", "durable", "delivery p50 ms", "p99", "to the last p50"),
        *("events/s to all", "of the rounds", "frames/s", "lost"),
    )
    return (
        f"{size.agents} sockets, {size.rate:.0f} events/s, then as fast as it goes, one at a time."
        f"\n\n{table(headings, rows)}"
    )


def measure(name: str, backends: Backends, size: Size) -> Result:
    contender = CONTENDERS[name]
    with (
        _campfire(backends, contender.engine or "", size.agents)
        if contender.kind == "campfire"
        else contender.start(backends, 1)
    ) as running:
        if contender.kind == "campfire":
            listeners = [one for _, one in running.pairs]
        else:
            listeners = [running.pairs[0][0]] * size.agents
        sender = running.pairs[0][0]
        marked = sender.message.replace("The kettle that", "#00000000; The kettle that")
        plan = Plan(_with_message(sender, marked), listeners, size.rate, size.seconds)
        return generate("fanout_load", plan, Result)


def _with_message(seat: Seat, message: str) -> Seat:
    return Seat(seat.port, seat.path, seat.headers, seat.greetings, message, seat.ready)


@contextmanager
def _campfire(backends: Backends, engine: str, agents: int) -> Iterator[Running]:
    """A visitor's seat beside each of as many agents' who have the inbox open."""
    with backends.database(engine) as url:
        environment = campfire_environment(backends, url, processes=1)
        with servers("tests.support.host:from_environment()", **environment) as running:
            port = running.ports[0]
            desk = Desk(f"http://127.0.0.1:{port}/support", "default")
            visitor = desk.visitor()
            about = visitor.begin("Hello?")["id"]
            writer = campfire_seat(
                port, conversation=about, stream=f"conversation:{about}", token=visitor.token
            )
            close_everybody()
            pairs: list[tuple[Seat, Seat]] = []
            for number in range(agents):
                agent = Agent(id=f"agent-{number}", name=f"Agent {number}")
                cookie = f"{host.COOKIE}={host.session_of(agent)}"
                listener = campfire_seat(
                    port, conversation=about, stream="inbox:default", cookie=cookie
                )
                pairs.append((writer, listener))
            yield Running(running, pairs)
