"""Who reads the feed for a consumer, from where, and what a failure holds up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from campfire_chat.access.actor import actor_of_visitor, system_actor
from campfire_chat.access.records import Visitor
from campfire_chat.core import ids
from campfire_chat.core.clock import SECOND
from campfire_chat.feed import reading
from campfire_chat.feed import runner as module
from campfire_chat.feed.consumer import Consumer, Interest
from campfire_chat.feed.positions import LEASE, Positions, begin_here
from campfire_chat.feed.reading import FeedEvent, FeedPage
from campfire_chat.feed.runner import (
    LEFT_TO_OTHERS,
    LOOK_EVERY,
    ORGANIZATIONS_EVERY,
    FeedRunner,
)
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from tests.jobs.conftest import OpenStore, Watch
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

Handle = Callable[[str, FeedPage], Awaitable[Operation[Any] | None]]
Employ = Callable[..., Awaitable[FeedRunner]]


class Seen:
    """A consumer that notes the messages that it was given, by organisation."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[str]] = {}
        self.pages = 0

    async def handle(self, organization: str, page: FeedPage) -> None:
        self.pages += 1
        for event in page.events:
            if event.event == "message.created":
                self.bodies.setdefault(organization, []).append(body_of(event))


def body_of(event: FeedEvent) -> str:
    return event.payload.partition('"body":"')[2].partition('"')[0]


class Say:
    """Writes messages, each in a conversation of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.number = 0

    async def __call__(self, body: str, organization: str = "acme") -> None:
        self.number += 1
        visitor = Visitor(id=f"mia-{ids.new('t')}", organization=organization)
        await self.store.conversations.open(actor_of_visitor(visitor), client_id="first", body=body)


@pytest.fixture
async def employ(watch: Watch) -> AsyncIterator[Employ]:
    """Starts runners. The storage of each tells it of its own commits."""
    async with AsyncExitStack() as stack:

        async def employ(
            store: Store, *consumers: tuple[str, Handle], interest: Interest | None = None
        ) -> FeedRunner:
            storage = store.storage
            node = ids.new(ids.NODE)
            runner = FeedRunner(
                [Consumer(name, handle, interest) for name, handle in consumers],
                storage,
                Positions(storage.writer, storage.readers, node=node, now=watch),
                now=watch,
            )
            await runner.start()
            stack.push_async_callback(runner.stop)
            return runner

        yield employ


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.01)


async def settled(runner: FeedRunner) -> None:
    """Everything that it knows of has been read."""
    await until(lambda: not runner._grown and not runner._reading)


def positions(database_url: str, consumer: str) -> dict[str, int]:
    rows = Truth(database_url).query(
        "SELECT org_id, position FROM campfire_consumers WHERE consumer = ?", consumer
    )
    return {row[0]: row[1] for row in rows if row[0]}


async def test_a_new_consumer_begins_now_and_goes_on_where_it_was(
    store: Store, database_url: str, employ: Employ
) -> None:
    say, seen = Say(store), Seen()
    await say("before")
    first = await employ(store, ("notes", seen.handle))
    await say("one")
    await say("two")
    first.heard("acme")
    await until(lambda: seen.bodies.get("acme") == ["one", "two"])
    await settled(first)
    await first.stop()
    await say("while away")
    again = Seen()
    second = await employ(store, ("notes", again.handle), ("other", Seen().handle))
    await until(lambda: again.bodies.get("acme") == ["while away"])
    await settled(second)
    # Another one begins now.
    assert positions(database_url, "other") == positions(database_url, "notes")


async def test_an_organisation_that_is_younger_is_seen_whole(
    store: Store, employ: Employ, watch: Watch
) -> None:
    say, seen = Say(store), Seen()
    await say("before")
    runner = await employ(store, ("notes", seen.handle))
    await say("hello", "globex")
    # No word came of it, as after a crash of the process that wrote it.
    watch.move(ORGANIZATIONS_EVERY + 1)
    runner._wake.set()
    await until(lambda: seen.bodies == {"globex": ["hello"]})


async def test_what_no_wake_up_told_of_is_found(store: Store, employ: Employ, watch: Watch) -> None:
    say, seen = Say(store), Seen()
    await say("before")
    runner = await employ(store, ("notes", seen.handle))
    await settled(runner)
    await say("hello")
    watch.move(LOOK_EVERY + 1)
    runner._wake.set()
    await until(lambda: seen.bodies == {"acme": ["hello"]})


async def test_nothing_is_read_where_a_consumer_has_no_interest(
    store: Store, database_url: str, employ: Employ, watch: Watch
) -> None:
    say, seen = Say(store), Seen()
    stored: set[str] = set()

    async def find() -> set[str]:
        return stored

    interest = Interest(find)
    runner = await employ(store, ("notes", seen.handle), interest=interest)
    await settled(runner)
    await say("hello")
    runner.heard("acme")
    watch.move(ORGANIZATIONS_EVERY + 1)
    runner._wake.set()
    await until(lambda: not runner._wake.is_set())
    await settled(runner)
    assert (seen.pages, positions(database_url, "notes")) == (0, {})
    # Somebody begins there, as an operation does with its own commit.
    await store.storage.submit(BeginHere("acme", "notes"))
    interest.add("acme")
    await say("again")
    runner.heard("acme")
    await until(lambda: seen.bodies == {"acme": ["again"]})
    # Another process has made it one of them, and no word came of it.
    await say("before", "globex")
    await store.storage.submit(BeginHere("globex", "notes"))
    stored.update(("acme", "globex"))
    await say("unheard", "globex")
    watch.move(LOOK_EVERY + 1)
    runner._wake.set()
    await until(lambda: seen.bodies.get("globex") == ["unheard"])


async def test_what_is_added_during_a_look_stays() -> None:
    found = asyncio.Event()
    added: list[str] = []

    async def find() -> list[str]:
        await found.wait()
        return ["acme"]

    interest = Interest(find)
    interest.on_added = added.append
    looking = asyncio.create_task(interest.refresh())
    await asyncio.sleep(0)
    interest.add("globex")
    found.set()
    await looking
    assert "acme" in interest
    assert "globex" in interest
    assert added == ["globex"]
    # Nobody has stored it: the next look says so.
    await interest.refresh()
    assert "globex" not in interest


class BeginHere(Operation[None]):
    """Has a consumer begin in an organisation."""

    def __init__(self, organization: str, consumer: str) -> None:
        super().__init__(system_actor(organization))
        self._consumer = consumer

    async def run(self, transaction: Transaction) -> None:
        begin_here(transaction, self.organization, self._consumer)


async def test_one_process_reads_for_a_consumer_and_another_takes_over(
    open_store: OpenStore, employ: Employ, watch: Watch
) -> None:
    one, other = Seen(), Seen()
    stores = [await open_store(), await open_store()]
    say = Say(stores[0])
    first = await employ(stores[0], ("notes", one.handle))
    await say("a")
    first.heard("acme")
    await until(lambda: one.bodies == {"acme": ["a"]})
    # Only now: a process that starts looks for what there is, and might have been faster.
    second = await employ(stores[1], ("notes", other.handle))
    await settled(first)
    await say("b")
    second.heard("acme")
    await settled(second)
    assert other.bodies == {}
    # The first one is gone without a word. Its claim runs out.
    for task in first._tasks:
        task.cancel()
    watch.move(LEASE + 1)
    second.heard("acme")
    await until(lambda: other.bodies.get("acme", [])[-1:] == ["b"])
    # What it had read and not stored comes again, and nothing else.
    assert other.bodies["acme"] in (["b"], ["a", "b"])


async def test_who_reads_is_not_asked_for_each_commit(
    open_store: OpenStore, employ: Employ, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other processes hear of every commit as well. A claim costs them a transaction."""
    one = Seen()
    stores = [await open_store(), await open_store()]
    say = Say(stores[0])
    first = await employ(stores[0], ("notes", one.handle))
    await say("a")
    first.heard("acme")
    await until(lambda: one.bodies == {"acme": ["a"]})
    await settled(first)
    second = await employ(stores[1], ("notes", Seen().handle))
    await settled(second)
    claims = 0
    claim = Positions.claim

    async def counted(self: Positions, place: tuple[str, str]) -> int | None:
        nonlocal claims
        claims += self is second._positions
        return await claim(self, place)

    monkeypatch.setattr(Positions, "claim", counted)
    for number in range(20):
        await say(f"b{number}")
        first.heard("acme")
        second.heard("acme")
        await settled(second)
    await until(lambda: len(one.bodies["acme"]) == 21)
    assert claims <= 1
    watch.move(LEFT_TO_OTHERS)
    second.heard("acme")
    await settled(second)
    assert 1 <= claims <= 2


async def test_a_graceful_end_lets_others_read_soon(
    open_store: OpenStore, employ: Employ, watch: Watch
) -> None:
    one, other = Seen(), Seen()
    stores = [await open_store(), await open_store()]
    say = Say(stores[0])
    first = await employ(stores[0], ("notes", one.handle))
    await say("a")
    first.heard("acme")
    await until(lambda: one.bodies == {"acme": ["a"]})
    # Only now: a process that starts looks for what there is, and might have been faster.
    second = await employ(stores[1], ("notes", other.handle))
    await settled(second)
    await first.stop()
    await say("b")
    # Much less than what the claim was good for.
    watch.move(LEFT_TO_OTHERS)
    second.heard("acme")
    await until(lambda: other.bodies == {"acme": ["b"]})


async def test_who_fails_gets_the_same_again_and_holds_nobody_up(
    store: Store, database_url: str, employ: Employ, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    say, seen, well = Say(store), Seen(), Seen()
    broken = True

    async def fragile(organization: str, page: FeedPage) -> None:
        if broken and organization == "acme":
            raise ConnectionError("the other side is away")
        await seen.handle(organization, page)

    runner = await employ(store, ("fragile", fragile), ("well", well.handle))
    await say("a")
    await say("b", "globex")
    runner.heard("acme")
    runner.heard("globex")
    await until(lambda: well.bodies == {"acme": ["a"], "globex": ["b"]})
    await until(lambda: seen.bodies == {"globex": ["b"]})

    def stored_error() -> str | None:
        rows = Truth(database_url).query(
            "SELECT error FROM campfire_consumers WHERE consumer = 'fragile' AND org_id = 'acme'"
        )
        return rows[0][0] if rows else None

    await until(lambda: stored_error() == "ConnectionError: the other side is away")
    assert "the consumer 'fragile' failed in 'acme'" in caplog.text
    broken = False
    watch.move(module.AGAIN.longest)
    runner._wake.set()
    await until(lambda: seen.bodies == {"acme": ["a"], "globex": ["b"]})
    await until(lambda: stored_error() is None)


class Note(Operation[None]):
    """Stores what a consumer has seen, in a table of the test."""

    appends = False

    def __init__(self, organization: str, bodies: list[str]) -> None:
        super().__init__(actor_of_visitor(Visitor(id="consumer", organization=organization)))
        self._bodies = bodies

    async def run(self, transaction: Transaction) -> None:
        for body in self._bodies:
            # The bodies are the test's own.
            await transaction.session.command(f"INSERT INTO seen VALUES ('{body}')")


async def test_an_operation_takes_effect_with_the_position_or_not_at_all(
    open_store: OpenStore, database_url: str, employ: Employ, watch: Watch
) -> None:
    """Also when two processes believe that they read for the same consumer."""
    Truth(database_url).write("CREATE TABLE seen (body TEXT)")
    stores = [await open_store(), await open_store()]
    say = Say(stores[0])
    held = asyncio.Event()
    pages = 0

    async def note(organization: str, page: FeedPage) -> Note:
        return Note(
            organization,
            [body_of(event) for event in page.events if event.event == "message.created"],
        )

    async def slow(organization: str, page: FeedPage) -> Note:
        nonlocal pages
        pages += 1
        await held.wait()
        return await note(organization, page)

    first = await employ(stores[0], ("notes", slow))
    await say("a")
    first.heard("acme")
    await until(lambda: pages == 1)
    second = await employ(stores[1], ("notes", note))
    # It takes too long, and the other one takes over.
    watch.move(LEASE + 1)
    second.heard("acme")

    def seen() -> list[str]:
        return [row[0] for row in Truth(database_url).query("SELECT body FROM seen")]

    await until(lambda: seen() == ["a"])
    held.set()
    await settled(first)
    assert seen() == ["a"]
    assert ("acme", "notes") not in first._claims
    await say("b")
    second.heard("acme")
    await until(lambda: seen() == ["a", "b"])


def made(
    store: Store, watch: Watch, *consumers: Consumer, lease: float = LEASE, **options: Any
) -> FeedRunner:
    """A runner that is not started."""
    storage = store.storage
    positions = Positions(
        storage.writer, storage.readers, node=ids.new(ids.NODE), now=watch, lease=lease
    )
    return FeedRunner(consumers, storage, positions, now=watch, **options)


async def test_catching_up_gives_all_that_is_committed_and_what_comes_of_it(
    store: Store, watch: Watch
) -> None:
    say, seen = Say(store), Seen()
    wanted: set[str] = set()

    async def find() -> set[str]:
        return wanted

    async def answering(organization: str, page: FeedPage) -> None:
        await seen.handle(organization, page)
        if len(seen.bodies[organization]) < 3:
            await say("answer", organization)

    narrow = Seen()
    runner = made(
        store,
        watch,
        Consumer("notes", answering),
        Consumer("narrow", narrow.handle, Interest(find)),
    )
    await say("before")
    await runner.register()
    # Younger than the consumers, and told of by nobody.
    await say("hello", "globex")
    await say("hello")
    wanted.add("globex")
    assert await runner.catch_up() == []
    hello = ["hello", "answer", "answer"]
    assert seen.bodies == {"acme": hello, "globex": hello}
    assert narrow.bodies == {"globex": hello}
    assert not runner.running
    pages = seen.pages
    assert await runner.catch_up() == []
    assert seen.pages == pages
    await runner.stop()


async def test_catching_up_leaves_what_fails_or_is_read_elsewhere(
    open_store: OpenStore, watch: Watch
) -> None:
    stores = [await open_store(), await open_store()]
    say, seen = Say(stores[0]), Seen()
    broken = True
    told: list[str] = []

    async def fragile(organization: str, page: FeedPage) -> None:
        if broken and organization == "acme":
            raise ValueError("not today")
        await seen.handle(organization, page)

    runner = made(
        stores[0],
        watch,
        Consumer("notes", fragile),
        on_failure=lambda error: told.append(str(error)),
    )
    other = made(stores[1], watch, Consumer("notes", Seen().handle))
    await runner.register()
    await say("a")
    await say("b", "globex")
    assert await runner.catch_up() == []
    assert seen.bodies == {"globex": ["b"]}
    assert told == ["not today"]
    broken = False
    # It is not left alone for as long as a runner that has been started would.
    assert await runner.catch_up() == []
    assert seen.bodies == {"globex": ["b"], "acme": ["a"]}
    await say("c")
    assert sorted(await other.catch_up()) == [("acme", "notes"), ("globex", "notes")]
    # Its end lets the other one read.
    await runner.stop()
    assert await other.catch_up() == []


async def test_a_stop_waits_for_the_page_that_is_handled(
    store: Store, database_url: str, employ: Employ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE_EVENTS", 1)
    say = Say(store)
    began, may_end = asyncio.Event(), asyncio.Event()
    handled: list[int] = []

    async def slow(organization: str, page: FeedPage) -> None:
        began.set()
        await may_end.wait()
        handled.append(page.position)

    await say("before")
    runner = await employ(store, ("notes", slow))
    await settled(runner)
    assert runner.running
    await say("a")
    runner.heard("acme")
    await began.wait()
    await say("b")
    stopping = asyncio.create_task(runner.stop())
    await asyncio.sleep(0)
    may_end.set()
    await stopping
    assert not runner.running
    # And not for those that would follow.
    assert len(handled) == 1
    assert positions(database_url, "notes") == {"acme": handled[0]}
    assert Truth(database_url).query(
        "SELECT count(*) FROM campfire_consumers WHERE lease IS NOT NULL"
    ) == [(0,)]


async def test_a_stop_does_not_wait_for_ever(
    store: Store, database_url: str, employ: Employ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.01)
    say = Say(store)
    began = asyncio.Event()

    async def hang(organization: str, page: FeedPage) -> None:
        began.set()
        await asyncio.Event().wait()

    await say("before")
    runner = await employ(store, ("notes", hang))
    await settled(runner)
    before = positions(database_url, "notes")
    await say("a")
    runner.heard("acme")
    await began.wait()
    await runner.stop()
    # The page comes again.
    assert positions(database_url, "notes") == before


async def test_the_position_is_stored_before_the_end_is_reached(
    store: Store, database_url: str, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long feed, a crash repeats what was handled within a second, and no more."""
    monkeypatch.setattr(reading, "PAGE_EVENTS", 1)
    say = Say(store)
    pages: list[int] = []
    stored: list[int] = []

    async def slow(organization: str, page: FeedPage) -> None:
        pages.append(page.position)
        stored.append(positions(database_url, "notes")["acme"])
        watch.move(module.STORE_EVERY / 2)

    await say("before")
    runner = made(store, watch, Consumer("notes", slow))
    await runner.register()
    begin = positions(database_url, "notes")["acme"]
    for number in range(6):
        await say(f"a{number}")
    await runner.catch_up()
    assert stored == [begin, begin, pages[1], pages[1], pages[3], pages[3]]
    assert positions(database_url, "notes")["acme"] == pages[5]
    await runner.stop()


async def test_a_slow_page_keeps_its_claim_and_ends_when_it_is_lost(
    store: Store, database_url: str, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    say = Say(store)
    truth = Truth(database_url)
    pages: list[int] = []
    may_end = asyncio.Event()

    async def slow(organization: str, page: FeedPage) -> None:
        pages.append(page.position)
        await may_end.wait()

    def leased_until() -> int:
        return truth.query("SELECT leased_until FROM campfire_consumers WHERE org_id = 'acme'")[0][
            0
        ]

    await say("before")
    runner = made(store, watch, Consumer("notes", slow), lease=0.3)
    await runner.start()
    try:
        await say("a")
        runner.heard("acme")
        await until(lambda: len(pages) == 1)
        for _ in range(3):
            watch.move(0.2)
            await until(lambda: leased_until() == watch() + int(0.3 * SECOND))
        truth.write("UPDATE campfire_consumers SET lease = 'another' WHERE org_id = 'acme'")
        await until(lambda: "another process took over the consumer 'notes'" in caplog.text)
        await say("b")
        may_end.set()
        await settled(runner)
        # It has ended after its page.
        assert len(pages) == 1
    finally:
        await runner.stop()


async def test_a_process_reads_at_so_many_places_and_no_more(
    store: Store, employ: Employ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    say = Say(store)
    may_end = asyncio.Event()
    reading_in: set[str] = set()
    most = 0

    async def slow(organization: str, page: FeedPage) -> None:
        nonlocal most
        reading_in.add(organization)
        most = max(most, len(reading_in))
        await may_end.wait()
        reading_in.discard(organization)
        done.add(organization)

    done: set[str] = set()
    runner = await employ(store, ("notes", slow))
    names = {"acme", "globex", "initech", "hooli"}
    for name in sorted(names):
        await say("hello", name)
        runner.heard(name)
    await until(lambda: len(reading_in) == 2)
    may_end.set()
    await until(lambda: done == names)
    assert most == 2


async def test_it_sleeps_until_a_failure_is_waited_out(store: Store, watch: Watch) -> None:
    runner = made(store, watch, Consumer("notes", Seen().handle))
    place = ("acme", "notes")
    assert runner._pause() == LOOK_EVERY
    runner._failures[place] = module._Failures(1, watch() + 2 * SECOND)
    # Nothing is new there.
    assert runner._pause() == LOOK_EVERY
    runner._grown[place] = None
    assert runner._pause() == 2
    watch.move(10)
    assert runner._pause() == 0.01
    reading_now = asyncio.create_task(asyncio.sleep(0))
    # The end of what is being read wakes it.
    runner._reading[place] = reading_now
    assert runner._pause() == LOOK_EVERY
    await reading_now


async def test_without_consumers_nothing_is_done(store: Store, employ: Employ) -> None:
    runner = await employ(store)
    assert not runner.running
    runner.heard("acme")
    assert await runner.catch_up() == []


async def test_a_failure_is_waited_out_longer_each_time(
    store: Store, employ: Employ, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = Say(store)
    attempts = 0
    counts: list[int] = []

    class Told(type(module.AGAIN), frozen=True):
        def delay(self, failures: int) -> int | None:
            counts.append(failures)
            return 10 * SECOND

    monkeypatch.setattr(module, "AGAIN", Told())

    async def fragile(organization: str, page: FeedPage) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 4:
            raise ValueError("not yet")

    await say("before")
    runner = await employ(store, ("notes", fragile))
    await settled(runner)
    await say("a")
    for number in range(1, 4):
        runner.heard("acme")
        await until(lambda: len(counts) == number and not runner._reading)  # noqa: B023
        # Word of another commit is no reason to try again.
        runner.heard("acme")
        await until(lambda: not runner._wake.is_set())
        assert attempts == number
        watch.move(10)
    runner.heard("acme")
    await settled(runner)
    assert (counts, attempts) == ([1, 2, 3], 4)
    # It works again, and so the next failure is the first one.
    attempts = 0
    await say("b")
    runner.heard("acme")
    await until(lambda: len(counts) == 4)
    assert counts[-1] == 1
