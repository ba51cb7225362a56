"""Reading a desk with a past: what a console asks for, with ever more stored.

In-process through the storage's public methods, one call after another, and over HTTP through a
server in a process of its own. The archive of every size is made anew, the same each time. Then
the plan of every query is looked at, at that size.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, NamedTuple

import httpx

from campfire_chat.access.actor import Actor, actor_of_agent, actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.access.roles import Roles
from campfire_chat.features.conversations.listing import ANYONE
from campfire_chat.features.conversations.records import Status
from campfire_chat.http.pagination import write_cursor
from campfire_chat.ledger.event_log import PAGE_EVENTS
from tests.benchmarks.archive import AGENT_KEY, AGENTS, Archive
from tests.benchmarks.bulk import fill
from tests.benchmarks.contenders import campfire_environment
from tests.benchmarks.servers import Backends, servers
from tests.benchmarks.tables import log, table
from tests.benchmarks.wire import percentile
from tests.support import host, plans
from tests.support.engines import run_apart
from tests.support.store import Store
from tests.support.truth import Truth

ORGANIZATION = "default"
INBOX = f"inbox:{ORGANIZATION}"
#: Below so many messages PostgreSQL rightly reads all contacts to name those of a page.
SMALL = 500_000
#: Events that a client is behind when it resumes.
BEHIND = 1_000


class Size(NamedTuple):
    """
    Attributes:
        messages: How many are stored, one archive after the other.
        calls: Of each kind; a tenth of them first, to warm up.
    """

    messages: Sequence[int]
    calls: int


FULL = Size(messages=(10_000, 100_000, 1_000_000), calls=1_000)
QUICK = Size(messages=(10_000,), calls=50)


class Timing(NamedTuple):
    """Milliseconds."""

    p50: float
    p99: float


class Facts(NamedTuple):
    """What there is to ask for."""

    conversations: list[str]
    visitors: list[str]
    #: Activity time and id of the conversation in the middle of the open ones.
    middle: tuple[int, str]
    head: int
    streams: list[str]


Call = Callable[[], Awaitable[object]]


def run(backends: Backends, size: Size) -> str:
    """A table for each engine and way, and what the plans say."""
    parts: list[str] = []
    for engine in backends.engines:
        inside: dict[str, list[Timing]] = {}
        outside: dict[str, list[Timing]] = {}
        checked: list[str] = []
        for messages in size.messages:
            with backends.database(engine) as url:
                began = time.perf_counter()
                fill(url, Archive(messages, organization=ORGANIZATION))
                took = time.perf_counter() - began
                log(f"reads: {messages:,} messages in {engine} in {took:.0f} s")
                facts = facts_of(url)
                for name, timing in run_apart(_in_process(url, facts, size.calls)).items():
                    inside.setdefault(name, []).append(timing)
                for name, timing in over_http(backends, url, facts, size.calls).items():
                    outside.setdefault(name, []).append(timing)
                checked.append(_plans(url, messages))
        title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]
        parts += [
            f"### {title}, in-process\n\n{_table(inside, size)}",
            f"### {title}, over HTTP\n\n{_table(outside, size)}",
            "\n".join(checked),
        ]
    return "\n\n".join(parts)


def facts_of(url: str) -> Facts:
    truth = Truth(url)
    chance = random.Random(2)
    ids = [row[0] for row in truth.query("SELECT conversation_id FROM campfire_conversations")]
    outside = [row[0] for row in truth.query("SELECT external_id FROM campfire_contacts")]
    opened = truth.query(
        "SELECT last_activity_at, conversation_id FROM campfire_conversations "
        "WHERE status = 'open' ORDER BY 1 DESC, 2 DESC"
    )
    head = truth.query(f"SELECT head FROM campfire_streams WHERE stream = '{INBOX}'")[0][0]
    some = chance.sample(sorted(ids), min(1_000, len(ids)))
    return Facts(
        conversations=some,
        visitors=chance.sample(sorted(outside), min(1_000, len(outside))),
        middle=tuple(opened[len(opened) // 2]),
        head=head,
        streams=[f"conversation:{item}" for item in some[:500]],
    )


def agent_of(number: int) -> Agent:
    return Agent(id=f"agent-{number}", name=f"Agent {number:02}", organization=ORGANIZATION)


async def _in_process(url: str, facts: Facts, calls: int) -> dict[str, Timing]:
    campfire = host.campfire_for(url, drain_on_signal=False)
    async with campfire.lifespan():
        found: dict[str, Timing] = {}
        for name, make in _operations(Store.of(campfire), facts).items():
            asked = make()
            for _ in range(calls // 10):
                await next(asked)()
            delays: list[float] = []
            for _ in range(calls):
                call = next(asked)
                began = time.perf_counter()
                await call()
                delays.append(time.perf_counter() - began)
            found[name] = Timing(percentile(delays, 0.5), percentile(delays, 0.99))
    return found


def _operations(store: Store, facts: Facts) -> dict[str, Callable[[], Iterator[Call]]]:
    """Name → an endless supply of calls, each about somebody or something else."""
    chance = random.Random(3)
    roles = Roles()
    agents = [actor_of_agent(agent_of(number), AGENT_KEY, roles) for number in range(AGENTS)]

    def listed(
        assignee: Callable[[Actor], Any],
        statuses: list[Status],
        before: tuple[int, str] | None = None,
    ) -> Callable[[], Iterator[Call]]:
        def make() -> Iterator[Call]:
            while True:
                agent = chance.choice(agents)
                yield lambda agent=agent: store.conversations.page(
                    agent,
                    statuses=statuses,
                    assignee_id=assignee(agent),
                    before=before,
                    limit=50,
                )

        return make

    def of_conversation(
        call: Callable[[Actor, str], Awaitable[object]],
    ) -> Callable[[], Iterator[Call]]:
        def make() -> Iterator[Call]:
            while True:
                agent, about = chance.choice(agents), chance.choice(facts.conversations)
                yield lambda agent=agent, about=about: call(agent, about)

        return make

    def own() -> Iterator[Call]:
        while True:
            visitor = Visitor(id=chance.choice(facts.visitors), organization=ORGANIZATION)
            actor = actor_of_visitor(visitor)
            yield lambda actor=actor: store.conversations.page(
                actor, statuses=list(Status), assignee_id=ANYONE, before=None, limit=50
            )

    async def resume(first: int) -> None:
        after = first
        while after < first + BEHIND:
            limit = min(PAGE_EVENTS, first + BEHIND - after)
            page = await store.storage.stream_page(ORGANIZATION, INBOX, after, limit)
            if not page.events:
                raise RuntimeError("the archive has too few events")
            after = page.events[-1][0]

    def resumed() -> Iterator[Call]:
        while True:
            first = chance.randrange(max(1, facts.head - BEHIND))
            yield lambda first=first: resume(first)

    def heads() -> Iterator[Call]:
        while True:
            yield lambda: store.storage.stream_heads(ORGANIZATION, facts.streams)

    everybody, nobody = (lambda _: ANYONE), (lambda _: None)
    me: Callable[[Actor], Any] = lambda actor: actor.principal.id  # noqa: E731
    opened = [Status.OPEN]
    return {
        "inbox, mine, open": listed(me, opened),
        "inbox, unassigned, open": listed(nobody, opened),
        "inbox, all, open": listed(everybody, opened),
        "inbox, all, open, from the middle": listed(everybody, opened, facts.middle),
        "inbox, mine, resolved": listed(me, [Status.RESOLVED]),
        "inbox, unassigned, resolved": listed(nobody, [Status.RESOLVED]),
        "inbox, all, every status": listed(everybody, list(Status)),
        "a visitor's own list": own,
        "a conversation, its marks, who is there": of_conversation(store.conversations.get),
        "a thread's newest page": of_conversation(
            lambda actor, about: store.messages.page(actor, about, None, 50)
        ),
        f"{BEHIND:,} events of the inbox": resumed,
        f"heads of {len(facts.streams)} streams": heads,
    }


def over_http(backends: Backends, url: str, facts: Facts, calls: int) -> dict[str, Timing]:
    """The same requests as a console makes them, over one connection that is kept."""
    chance = random.Random(4)
    environment = campfire_environment(backends, url, processes=1)
    with servers("tests.support.host:from_environment()", **environment) as running:
        cookies = host.cookies_of(agent_of(3))
        base = f"http://127.0.0.1:{running.ports[0]}/support/api/v1"

        def about(path: str) -> Callable[[], str]:
            return lambda: path.replace("{id}", chance.choice(facts.conversations))

        last = max(1, facts.head - 100)
        paths: dict[str, Callable[[], str]] = {
            "inbox, mine, open": about("/conversations?status=open&assignee=me"),
            "inbox, unassigned, open": about("/conversations?status=open&assignee=unassigned"),
            "inbox, all, open": about("/conversations?status=open"),
            "inbox, all, open, from the middle": about(
                f"/conversations?status=open&cursor={write_cursor(('latest', *facts.middle))}"
            ),
            "a conversation, its marks, who is there": about("/conversations/{id}"),
            "a thread's newest page": about("/conversations/{id}/messages"),
            "100 events of the inbox": lambda: (
                f"/streams/{INBOX}/events?limit=100&after={chance.randrange(last)}"
            ),
        }
        found: dict[str, Timing] = {}
        with httpx.Client(base_url=base, cookies=cookies, trust_env=False, timeout=30) as client:
            for name, path in paths.items():
                delays: list[float] = []
                for number in range(calls // 10 + calls):
                    request = client.build_request("GET", path())
                    began = time.perf_counter()
                    response = client.send(request)
                    took = time.perf_counter() - began
                    if response.status_code != 200:
                        raise SystemExit(f"{request.url}: {response.text}")
                    if number >= calls // 10:
                        delays.append(took)
                found[name] = Timing(percentile(delays, 0.5), percentile(delays, 0.99))
    return found


def _plans(url: str, messages: int) -> str:
    """What the engine says of every query, with so much stored."""
    values = plans.values_of(url)
    bad: list[str] = []
    for name in plans.QUERIES:
        try:
            plans.check(name, url, values, small=messages < SMALL)
        except AssertionError as error:
            bad.append(f"- {name} goes through too much:\n\n```\n{error}\n```")
    if bad:
        return f"With {messages:,} messages:\n\n" + "\n".join(bad)
    return (
        f"With {messages:,} messages, all {len(plans.QUERIES)} queries are answered by an index "
        "and go through no more rows than a page and its names have."
    )


def _table(found: dict[str, list[Timing]], size: Size) -> str:
    rows = [
        [
            name,
            *(f"{timing.p50:.2f} / {timing.p99:.2f}" for timing in timings),
            f"{timings[-1].p50 / timings[0].p50:.1f}",
        ]
        for name, timings in found.items()
    ]
    sizes = [f"{messages:,} messages" for messages in size.messages]
    return "p50 / p99 in ms; the last column is the last p50 by the first.\n\n" + table(
        ["", *sizes, "growth"], rows
    )
