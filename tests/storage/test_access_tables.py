"""What the processes on a database tell each other about access: revocations, keys, usage."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from campfire_chat.access import revocation_table
from campfire_chat.access.revocation_table import Revoked
from campfire_chat.access.revocations import Revocations
from campfire_chat.access.usage_table import LIFE, Used
from campfire_chat.core.clock import SECOND
from campfire_chat.realtime.bus import Bus
from campfire_chat.realtime.revocation_sync import GRACE, RevocationSync
from campfire_chat.settings import Settings
from tests.jobs.conftest import Watch
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def store(database_url: str, watch: Watch) -> AsyncIterator[Store]:
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=watch)
    await store.start()
    yield store
    await store.stop()


async def test_revocations_are_read_in_their_order_and_only_once(
    store: Store, watch: Watch
) -> None:
    table = store.revocations
    assert await table.since(0) == []
    first = await table.add("acme", "mia")
    assert (first.organization, first.visitor_id, first.not_before) == ("acme", "mia", watch())
    watch.move(1)
    second = await table.add("globex", "mia")
    assert first.number < second.number
    assert await table.since(0) == [first, second]
    assert await table.since(first.number) == [second]
    assert await table.since(second.number) == []
    # Again: it is the latest one now, and no second row.
    watch.move(1)
    again = await table.add("acme", "mia")
    assert again == Revoked("acme", "mia", watch(), again.number)
    assert await table.since(0) == [second, again]


async def test_a_look_reads_a_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation_table, "PAGE", 2)
    added = [await store.revocations.add("acme", f"mia-{number}") for number in range(3)]
    assert await store.revocations.since(0) == added[:2]
    assert await store.revocations.since(added[1].number) == added[2:]


async def test_revocations_are_forgotten_when_no_token_is_left_that_they_refuse(
    store: Store, watch: Watch
) -> None:
    table = store.revocations
    old = await table.add("acme", "mia")
    watch.move(1)
    young = await table.add("acme", "leo")
    await table.sweep(old.not_before)
    assert await table.since(0) == [old, young]
    await table.sweep(young.not_before)
    assert await table.since(0) == [young]


async def test_a_process_learns_what_was_revoked_before_it_began_and_forgets_it_in_time(
    store: Store, watch: Watch
) -> None:
    life = 60
    known = Revocations()
    bus = Bus("memory://", node="here", on_wake=lambda _: None)
    sync = RevocationSync(store.revocations, bus, known, life=life, now=watch)
    await store.revocations.add("acme", "mia")
    await sync.start()
    try:
        assert list(known._not_before) == [("acme", "mia")]
        # As long as a process that knew nothing of it may have renewed a token.
        watch.move(life + GRACE)
        await sync.revoke("acme", "leo")
        await sync._sweep()
        assert sorted(known._not_before) == [("acme", "leo"), ("acme", "mia")]
        watch.move(1)
        await sync._sweep()
        assert list(known._not_before) == [("acme", "leo")]
        assert [one.visitor_id for one in await store.revocations.since(0)] == ["leo"]
    finally:
        await sync.stop()


async def test_check_values_are_those_of_the_last_start_and_of_each_process(store: Store) -> None:
    checks = store.key_checks
    await checks.enter("one", ["b", "a"])
    assert await checks.enter("two", ["c"]) == {"a", "b"}
    assert await checks.enter("one", ["d"]) == {"c"}
    assert await checks.of([]) == []
    assert await checks.of(["one"]) == [{"d"}]
    assert sorted(await checks.of(["one", "two", "three"]), key=sorted) == [{"c"}, {"d"}]
    await checks.forget(["one"])
    assert await checks.of(["one", "two"]) == [{"c"}]
    # What the last start wrote stays for the next one.
    await checks.forget(["two"])
    assert await checks.enter("three", ["e"]) == {"d"}


async def test_the_first_start_finds_no_check_values(store: Store, database_url: str) -> None:
    Truth(database_url).write(
        "DELETE FROM campfire_settings WHERE key LIKE ?", "secret_key_checks%"
    )
    assert await store.key_checks.enter("one", ["a"]) == frozenset()


async def test_a_process_hears_what_the_others_have_used(
    store: Store, watch: Watch, database_url: str
) -> None:
    usage = store.usage
    await usage.tell("one", [("acme", "sends:mia", 3), ("globex", "sends:leo", 5)], [])
    await usage.tell("two", [("acme", "sends:mia", 7)], [])
    assert sorted(await usage.others("two")) == [
        Used("acme", "sends:mia", "one", 3),
        Used("globex", "sends:leo", "one", 5),
    ]
    await usage.tell("one", [("acme", "sends:mia", 4)], [("globex", "sends:leo")])
    assert await usage.others("two") == [Used("acme", "sends:mia", "one", 4)]
    assert await usage.others("one") == [Used("acme", "sends:mia", "two", 7)]

    def nodes() -> list[str]:
        rows = Truth(database_url).query("SELECT node_id FROM campfire_usage ORDER BY node_id")
        return [row[0] for row in rows]

    # A row is kept as long as a process may be late.
    watch.move(LIFE)
    await usage.sweep()
    assert nodes() == ["one", "two"]
    await usage.tell("two", [("acme", "sends:mia", 8)], [])
    watch.move(0.000001)
    await usage.sweep()
    assert nodes() == ["two"]
    # The clock of its process was ahead.
    watch.at -= LIFE * SECOND + 1
    await usage.sweep()
    assert nodes() == ["two"]
    watch.at -= 1
    await usage.sweep()
    assert nodes() == []
