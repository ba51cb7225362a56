"""Where a consumer is, in the database: who reads for it, for how long, and what a person sees."""

from __future__ import annotations

import pytest

from campfire_chat.access.actor import system_actor
from campfire_chat.core.clock import SECOND
from campfire_chat.feed.positions import LEASE, ConsumerState, Positions, states
from campfire_chat.jobs.deferral import MAX_ERROR
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from tests.feed.test_runner import Say
from tests.jobs.conftest import Watch
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

PLACE = ("acme", "notes")


@pytest.fixture
def nodes(store: Store, watch: Watch) -> tuple[Positions, Positions]:
    """Two processes on one database."""

    def positions(node: str) -> Positions:
        storage = store.storage
        return Positions(storage.writer, storage.readers, node=node, now=watch)

    return positions("one"), positions("two")


def head(database_url: str, organization: str) -> int:
    """How many entries the inbox of an organisation has."""
    rows = Truth(database_url).query(
        "SELECT head FROM campfire_streams WHERE org_id = ? AND stream LIKE 'inbox%'", organization
    )
    return rows[0][0]


class Nothing(Operation[None]):
    """An operation without an effect."""

    appends = False

    def __init__(self) -> None:
        super().__init__(system_actor("acme"))

    async def run(self, transaction: Transaction) -> None: ...


async def test_one_process_reads_until_its_claim_runs_out(
    store: Store, watch: Watch, nodes: tuple[Positions, Positions], database_url: str
) -> None:
    one, two = nodes
    await Say(store)("before")
    await one.register(["notes"])
    begin = head(database_url, "acme")
    assert await one.claim(PLACE) == begin
    assert await two.claim(PLACE) is None
    # Whoever has it may have it again.
    assert await one.claim(PLACE) == begin
    watch.move(LEASE - 1)
    assert await one.renew([PLACE, ("acme", "other")]) == [("acme", "other")]
    watch.move(LEASE - 1)
    assert await two.claim(PLACE) is None
    watch.move(1)
    assert await two.claim(PLACE) == begin
    assert await one.renew([PLACE]) == [PLACE]
    # Nor can it let go of what is not its own.
    await one.release([PLACE])
    assert await one.claim(PLACE) is None
    await two.release([PLACE])
    assert await one.claim(PLACE) == begin


async def test_a_clock_that_was_ahead_keeps_no_consumer(
    watch: Watch, nodes: tuple[Positions, Positions]
) -> None:
    one, two = nodes
    now = watch()
    watch.move(LEASE)
    assert await one.claim(PLACE) == 0
    watch.at = now
    # As far as clocks may differ.
    assert await two.claim(PLACE) is None
    watch.at = now - 1
    assert await two.claim(PLACE) == 0


async def test_a_position_moves_only_for_who_reads(
    store: Store, watch: Watch, nodes: tuple[Positions, Positions]
) -> None:
    one, two = nodes
    assert await one.claim(PLACE) == 0
    assert await store.storage.submit(one.reached_with(PLACE, 3, Nothing()))
    assert not await store.storage.submit(two.reached_with(PLACE, 9, Nothing()))
    # To have reached something prolongs the claim.
    watch.move(LEASE - 1)
    assert await store.storage.submit(one.reached_with(PLACE, 4, Nothing()))
    watch.move(LEASE - 1)
    assert await two.claim(PLACE) is None
    watch.move(1)
    assert await two.claim(PLACE) == 4
    assert one.reached(PLACE, 7).organization == "acme"
    # What another one has handled meanwhile is no reason to go back.
    await store.storage.submit(two.reached(PLACE, 7))
    await store.storage.submit(one.reached(PLACE, 6))
    assert await two.claim(PLACE) == 7
    await store.storage.submit(one.reached(PLACE, 8))
    assert await two.claim(PLACE) == 8


async def test_a_new_consumer_begins_at_the_end_of_each_feed(
    store: Store, nodes: tuple[Positions, Positions], database_url: str
) -> None:
    one, _ = nodes
    say = Say(store)
    await say("before")
    await say("before", "globex")
    await one.register(["notes"])
    assert sorted(await one.organizations()) == ["acme", "globex"]
    assert await one.behind(["notes"]) == []
    await say("after")
    await say("first", "initech")
    # It is known already, and a younger one is not.
    await one.register(["notes", "other"])
    assert await one.behind(["notes", "other"]) == [PLACE]
    assert await one.claim(("globex", "notes")) == head(database_url, "globex")
    assert await one.claim(("acme", "other")) == head(database_url, "acme")
    # An organisation that is younger than the consumer is read from its beginning.
    assert await one.claim(("initech", "notes")) == 0


async def test_a_person_sees_how_each_consumer_gets_on(
    store: Store, watch: Watch, nodes: tuple[Positions, Positions], database_url: str
) -> None:
    one, two = nodes
    say = Say(store)
    await say("before")
    await one.register(["notes"])
    begin = head(database_url, "acme")
    await say("after")
    behind = head(database_url, "acme") - begin
    assert behind > 0
    await one.claim(PLACE)
    # Of an organisation that has no feed yet.
    await one.claim(("globex", "notes"))
    idle = ConsumerState("globex", "notes", 0, None, None)

    async def seen() -> list[ConsumerState]:
        return await store.storage.read(states)

    assert await seen() == [ConsumerState("acme", "notes", behind, None, None), idle]
    failed_at = watch()
    await one.failed(PLACE, "x" * (MAX_ERROR + 1))
    kept = "x" * MAX_ERROR
    assert await seen() == [ConsumerState("acme", "notes", behind, failed_at, kept), idle]
    watch.move(5)
    await one.failed(PLACE, "again")
    # Whoever does not read for it has nothing to say.
    await two.failed(PLACE, "of another")
    assert await seen() == [ConsumerState("acme", "notes", behind, failed_at, "again"), idle]
    await store.storage.submit(one.reached_with(PLACE, begin + 1, Nothing()))
    assert await seen() == [ConsumerState("acme", "notes", behind - 1, None, None), idle]
    await one.failed(PLACE, "once more")
    await store.storage.submit(one.reached(PLACE, begin + behind))
    assert await seen() == [ConsumerState("acme", "notes", 0, None, None), idle]
    assert (failed_at + 5 * SECOND) == watch()
