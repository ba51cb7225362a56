"""How often the database is visited for one request: each visit is a wait for its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import UNSET

from campfire_chat.access.records import Agent, Participant, SenderKind
from campfire_chat.core import clock
from campfire_chat.features.conversations.records import Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.presence.operations import Beat
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.settings import Settings
from tests.storage.test_store import AGENT, begin
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """One that nothing else asks anything."""
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    yield store
    await store.stop()


BOB = agent_actor(Agent(id="bob", name="Bob"))


class Visits:
    """Counts the calls of a store that wait for the database, and the empty ones among them.

    Only those of its own engine: the server that the tests share asks its database all the time,
    in another thread of this process.
    """

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: Counter[str] = Counter()
        self.empty = 0
        self._inside = False
        engine = store.storage.engine
        for name in ("run", "run_all", "write_all", "commit"):
            monkeypatch.setattr(engine, name, self._counted(name, getattr(engine, name)))

    def _counted(self, name: str, original: Any) -> Any:
        async def counted(raw: Any, *rest: Any) -> Any:
            if self._inside:
                return await original(raw, *rest)
            self._inside = True
            self.made[name] += 1
            self.empty += not rest[0]
            try:
                return await original(raw, *rest)
            finally:
                self._inside = False

        return counted


@pytest.mark.parametrize(
    ("patch", "assignee", "most"),
    [
        (Patch(status=Status.RESOLVED), UNSET, 5),
        (Patch(status=Status.PENDING, subject="Tea"), "bob", 5),
        # The tags that it names are looked up, and counted before one is created.
        (Patch(status=Status.PENDING, subject="Tea", tags=["x"]), "bob", 7),
    ],
)
async def test_a_change_and_its_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, patch: Patch, assignee: Any, most: int
) -> None:
    conversation = await begin(store)
    for agent in (AGENT, BOB):
        await store.agents.remember(agent)
    visits = Visits(store, monkeypatch)
    found: Any = await store.conversations.change(
        AGENT, conversation, patch, assignee, client_id="once"
    )
    # BEGIN with all that is read, the head of the visitor's stream, the writes, COMMIT; and what
    # stands around it.
    assert visits.made.total() == most, visits.made
    assert visits.empty == 0
    assert found == await store.conversations.get(AGENT, conversation)
    again = await store.conversations.change(AGENT, conversation, patch, assignee, client_id="once")
    assert again == found


def beat(kind: SenderKind, place: str = CONNECTED) -> Beat:
    return Beat("default", place, Participant(kind, "somebody", "Somebody", None))


async def test_a_beat_of_an_agent_costs_what_that_of_a_visitor_costs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so does a visitor who comes or goes, and an agent who opens a conversation."""
    agent = beat(SenderKind.AGENT)
    await store.presence.move_agents("default", node_id="n", came=[agent])
    visits = Visits(store, monkeypatch)
    for alive in (agent, beat(SenderKind.VISITOR), beat(SenderKind.AGENT, "conv_1")):
        visits.made.clear()
        await store.presence.write("default", node_id="n", alive=[alive])
        # BEGIN, the row, COMMIT.
        assert visits.made.total() == 3, visits.made
    visits.made.clear()
    await store.presence.write("default", node_id="n", gone=[beat(SenderKind.VISITOR)])
    assert visits.made.total() == 3, visits.made
    assert visits.empty == 0


async def test_an_agent_who_comes_and_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await begin(store)
    agent = beat(SenderKind.AGENT)
    visits = Visits(store, monkeypatch)
    for node, cost in (("a", 5), ("b", 4)):
        # BEGIN with the lock of the inbox, the session, the row, COMMIT; and for the first the
        # session with its event.
        visits.made.clear()
        await store.presence.move_agents("default", node_id=node, came=[agent])
        assert visits.made.total() == cost, visits.made
    visits.made.clear()
    await store.presence.move_agents("default", node_id="a", left=[agent])
    assert visits.made.total() == 5, visits.made
    assert visits.empty == 0


async def test_a_look_for_sessions_that_are_over_is_one_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.presence.move_agents("default", node_id="n", came=[beat(SenderKind.AGENT)])
    visits = Visits(store, monkeypatch)
    await store.presence.end_sessions()
    assert visits.made.total() == 1, visits.made


async def test_a_message_is_one_visit_and_writes_nothing_for_the_visitors_list(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await begin(store)
    # The first answer assigns it, which the visitor's list shows.
    for number in range(2):
        await store.messages.send(AGENT, conversation, client_id=f"{number}", body="Hello")
    visits = Visits(store, monkeypatch)
    for number in range(5):
        await store.messages.send(AGENT, conversation, client_id=f"m{number}", body="Hello")
    assert visits.made == {"commit": 5}
    written = Truth(database_url).query(
        "SELECT stream, COUNT(*) FROM campfire_events GROUP BY stream ORDER BY stream"
    )
    assert [(name.partition(":")[0], count) for name, count in written] == [
        ("conversation", 9),
        ("inbox", 8),
        ("visitor", 2),
    ]
