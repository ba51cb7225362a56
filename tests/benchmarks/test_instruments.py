"""Every instrument works, at the smallest size; nothing here looks at how fast anything is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.benchmarks import fanout, feed, idle, messages, reads, rest
from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.servers import Backends
from tests.support.engines import run_apart

TINY = messages.Size(pairs=(3,), rounds=1, warm_up=0.1, seconds=0.4)


@pytest.fixture
def backends() -> Iterator[Backends]:
    with Backends(database="sqlite", bus="memory") as backends:
        yield backends


@pytest.mark.parametrize("name", ["echo", "socketio", "fastapi-sqlite-tuned", "campfire-sqlite"])
def test_pairs_talk(name: str, backends: Backends) -> None:
    found = messages.measure(CONTENDERS[name], backends, 3, TINY)
    assert found.messages > 0
    assert found.delivery_p50 <= found.delivery_p99
    assert found.cpu > 0


def test_the_table_compares_with_the_usual_way(backends: Backends) -> None:
    text = messages.run(backends, TINY, only=["fastapi-sqlite", "campfire-sqlite"])
    base, ours = text.splitlines()[-2:]
    assert base.startswith("| FastAPI")
    assert ours.startswith("| **campfire-chat, SQLite")
    assert base.split("|")[5].strip() == "1.0"


def test_idle_sockets_get_what_is_sent_among_them(backends: Backends) -> None:
    size = idle.Size(pairs=25, rounds=1, rest=0.2, rate=40.0, seconds=0.5)
    found = idle.measure("campfire-sqlite", backends, size)
    assert found.connected.count == 50
    assert found.delivered is not None
    assert (found.delivered.sent, found.delivered.lost) == (20, 0)


def test_processes_that_rest_take_little(backends: Backends) -> None:
    case = rest.Case("two of them", "sqlite", None, 2)
    share = rest.measure(case, backends, rest.Size(settle=0.5, seconds=1.0))
    # A clock of ten milliseconds may not have moved.
    assert 0 <= share < 1


def test_the_feed_loses_nothing(backends: Backends) -> None:
    with backends.database("sqlite") as url:
        lag = run_apart(feed.measure_lag(url, feed.QUICK))
    assert (lag.count, lag.lost) == (50, 0)


def test_an_inbox_reaches_every_agent(backends: Backends) -> None:
    # Slowly: of messages of one commit the inbox tells only the last.
    size = fanout.Size(agents=5, rounds=1, rate=2.0, seconds=2.2)
    found = fanout.measure("campfire-sqlite", backends, size)
    assert found.lost == 0
    assert found.events > 0


def test_reads_are_asked_for_inside_and_over_http(backends: Backends) -> None:
    text = reads.run(backends, reads.Size(messages=(2_000,), calls=10))
    assert "### SQLite, in-process" in text
    assert "### SQLite, over HTTP" in text
    assert "queries are answered by an index" in text
