"""Searching a desk with a past: frequent and rare words, and conditions that little fits.

In-process, one search after another, at every size of the archive. What is looked at is the first
page, and for conditions that nothing fits each page until the end: how long the longest one takes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from campfire_chat import Agent
from campfire_chat.access.actor import Actor, actor_of_agent
from campfire_chat.access.roles import Roles
from campfire_chat.core import clock
from campfire_chat.features.search.errors import SearchTooBroadError
from campfire_chat.features.search.finding import Sort
from campfire_chat.features.search.rebuilding import Rebuilder
from campfire_chat.features.search.service import SearchService
from campfire_chat.settings import Settings
from tests.benchmarks.archive import AGENT_KEY, Archive
from tests.benchmarks.bulk import fill
from tests.benchmarks.servers import Backends
from tests.benchmarks.tables import log, table
from tests.benchmarks.vocabulary import WORDS
from tests.benchmarks.wire import percentile
from tests.support.engines import run_apart
from tests.support.store import Store

ORGANIZATION = "default"
SORTS: tuple[Sort, ...] = ("newest", "best")
#: Pages that are asked for at most until one says that it is the last.
MOST_PAGES = 50


class Size(NamedTuple):
    """
    Attributes:
        messages: How many are stored, one archive after the other.
        calls: Searches of each kind.
    """

    messages: Sequence[int]
    calls: int


FULL = Size(messages=(10_000, 100_000, 1_000_000), calls=30)
QUICK = Size(messages=(2_000,), calls=2)

#: What is typed, by what it stands for. Each entry is asked in turn.
SEARCHES: dict[str, Sequence[str]] = {
    "the most frequent words": [f"{word} " for word in WORDS[:10]],
    "two frequent words": ["the parcel ", "to order ", "my refund ", "is delivery "],
    "a word that one message of 100 has": [f"{word} " for word in WORDS[60:70]],
    "a word that one message of 10,000 has": [f"{word} " for word in WORDS[6_000:6_010]],
    "two letters, as one types": ["th", "to", "yo", "re", "co", "in"],
    "three letters, as one types": ["the", "ord", "par", "ref", "del", "con"],
    "five letters, as one types": ["order", "parce", "refun", "deliv", "recei"],
    "a phrase of frequent words": ['"the order"', '"is the"', '"to my"'],
    "a frequent word that little must not have": ["the -to ", "to -the -i -and "],
    "a frequent word, open conversations": ["the status:open", "order status:open"],
    "a frequent word, conversations that nobody has": [
        "the status:pending assignee:none tag:bug",
        "to status:snoozed assignee:none tag:bug -tag:vip",
    ],
    "a frequent word, a tag that nothing has": ["the tag:unused", "order tag:unused"],
    "no word, conversations that nobody has": ["status:snoozed assignee:none tag:bug -tag:vip"],
    "no word, what agents wrote": ["from:agent"],
}


class Timing(NamedTuple):
    """Milliseconds; how many pages there were at most, and how many searches were refused."""

    p50: float
    longest: float
    pages: int
    refused: int


def run(backends: Backends, size: Size) -> str:
    """A table for each engine and order."""
    parts: list[str] = []
    for engine in backends.engines:
        found: dict[tuple[Sort, str], list[Timing]] = {}
        for messages in size.messages:
            with backends.database(engine) as url:
                began = time.perf_counter()
                fill(url, Archive(messages, organization=ORGANIZATION))
                run_apart(index(url))
                took = time.perf_counter() - began
                log(f"searches: {messages:,} messages in {engine} in {took:.0f} s")
                for name, timing in run_apart(measured(url, size.calls)).items():
                    found.setdefault(name, []).append(timing)
        title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]
        for sort in SORTS:
            of_sort = {name: timings for (by, name), timings in found.items() if by == sort}
            parts.append(f"### {title}, {sort}\n\n{_table(of_sort, size)}")
    return "\n\n".join(parts)


async def index(url: str) -> None:
    """Have the search find all of it."""
    store = Store(url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    try:
        async for seen in Rebuilder(store.storage).everything(ORGANIZATION):
            if seen % 100_000 == 0:
                log(f"searches: {seen:,} indexed")
        if not url.startswith("sqlite"):
            await store.storage.writer.run(
                lambda session: session.command("ANALYZE campfire_search_documents")
            )
    finally:
        await store.stop()


async def measured(url: str, calls: int) -> dict[tuple[Sort, str], Timing]:
    """How long each kind of search takes, in each order."""
    store = Store(url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    chance = random.Random(5)
    agent = Agent(id="agent-3", name="Agent 03", organization=ORGANIZATION)
    actor = actor_of_agent(agent, AGENT_KEY, Roles())
    found: dict[tuple[Sort, str], Timing] = {}
    # SQLite works in this process: its own time does not depend on what else the machine does.
    timed = time.process_time if url.startswith("sqlite") else time.perf_counter
    try:
        service = SearchService(store.storage, store.runtime_settings)
        for sort in SORTS:
            for name, typed in SEARCHES.items():
                delays: list[float] = []
                pages = refused = 0
                for number in range(calls):
                    q = typed[number] if number < len(typed) else chance.choice(typed)
                    took = await _searched(service, actor, q, sort, timed)
                    refused += took is None
                    delays += took or []
                    pages = max(pages, len(took or []))
                longest = max(delays, default=0.0)
                middle = percentile(delays, 0.5) if delays else 0.0
                found[sort, name] = Timing(middle, longest * 1000, pages, refused)
    finally:
        await store.stop()
    return found


async def _searched(
    service: SearchService, actor: Actor, q: str, sort: Sort, timed: Callable[[], float]
) -> list[float] | None:
    """How many seconds each page took until one held something; None if it was refused."""
    place, delays = None, list[float]()
    for _ in range(MOST_PAGES):
        began = timed()
        try:
            hits, place = await service.page(
                actor, q, kinds=frozenset(), sort=sort, place=place, limit=20
            )
        except SearchTooBroadError:
            return None
        delays.append(timed() - began)
        if hits or place is None:
            break
    return delays


def _table(found: dict[str, list[Timing]], size: Size) -> str:
    rows = [[name, *map(_shown, timings)] for name, timings in found.items()]
    sizes = [f"{messages:,} messages" for messages in size.messages]
    return "p50 / longest page in ms; for SQLite of processor time.\n\n" + table(["", *sizes], rows)


def _shown(timing: Timing) -> str:
    more = f", {timing.pages} pages" if timing.pages > 1 else ""
    refused = f", {timing.refused} refused" if timing.refused else ""
    return f"{timing.p50:.1f} / {timing.longest:.1f}{more}{refused}"
