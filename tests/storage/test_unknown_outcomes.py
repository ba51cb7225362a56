"""A COMMIT without an answer: whatever was asked for happens once, and is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from campfire_chat.access.actor import actor_of_visitor, anonymous
from campfire_chat.access.records import Agent, Availability, Participant, SenderKind, Visitor
from campfire_chat.core import clock
from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.database.lanes import ATTEMPTS
from campfire_chat.features.conversations.records import Priority
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.presence.operations import Beat
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.ledger.write_batch import Committed, Notice
from campfire_chat.settings import Settings
from tests.support.engines import create_postgres_database, drop_postgres_database
from tests.support.fault_proxy import FaultProxy, Way
from tests.support.host import agent_actor
from tests.support.postgres import COMMIT, COMMITTED
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

VISITOR = anonymous("default")
ADA = agent_actor(Agent(id="ada", name="Ada"))


class Heard:
    """What a store announces, as the hub would be told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []
        self.notices: list[Notice] = []
        self.repeated: dict[str, int] = {}

    def __call__(
        self,
        committed: Sequence[Committed],
        notices: Sequence[Notice],
        repeated: Mapping[tuple[str, str], int],
    ) -> None:
        self.events += [(event.stream, event.seq) for event in committed]
        self.notices += notices
        self.repeated |= {name: head for (_, name), head in repeated.items()}


class Desk:
    """A store behind a proxy, with a conversation of two messages."""

    def __init__(self, store: Store, proxy: FaultProxy, heard: Heard, truth: Truth) -> None:
        self.store = store
        self.proxy = proxy
        self.heard = heard
        self.truth = truth
        self.conversation = ""
        self.message = ""

    def stored(self) -> list[tuple[str, int]]:
        """Where every event stands."""
        rows = self.truth.query("SELECT stream, seq FROM campfire_events ORDER BY stream, seq")
        return [(stream, seq) for stream, seq in rows]

    def gapless(self) -> bool:
        rows = self.truth.query(
            "SELECT s.head, count(e.seq), coalesce(max(e.seq), 0) FROM campfire_streams s "
            "LEFT JOIN campfire_events e ON e.org_id = s.org_id AND e.stream = s.stream "
            "GROUP BY s.org_id, s.stream, s.head"
        )
        return all(head == count == last for head, count, last in rows)


@pytest.fixture
async def behind_proxy(postgres: str, postgres_template: str) -> AsyncIterator[Desk]:
    url = create_postgres_database(postgres, template=postgres_template)
    heard = Heard()
    async with AsyncExitStack() as stack:
        stack.callback(drop_postgres_database, url, postgres)
        proxy = await stack.enter_async_context(FaultProxy.before(url))
        store = Store(proxy.through(url), settings=Settings(), on_commit=heard, now=clock.now)
        await store.start()
        stack.push_async_callback(store.stop)
        desk = Desk(store, proxy, heard, Truth(url))
        await store.agents.remember(ADA)
        opened, _ = await store.conversations.open(VISITOR, client_id="first", body="Hello")
        desk.conversation = opened.id
        desk.message = (
            await store.messages.send(VISITOR, opened.id, client_id="second", body="?")
        ).message_id
        yield desk


async def _send(desk: Desk) -> Any:
    sent = await desk.store.messages.send(VISITOR, desk.conversation, client_id="x", body="Once")
    return sent.seq, sent.duplicate


async def _note(desk: Desk) -> Any:
    sent = await desk.store.messages.send(
        ADA, desk.conversation, client_id="x", body="Once", visibility=Visibility.INTERNAL
    )
    return sent.seq, sent.duplicate


async def _open(desk: Desk) -> Any:
    mia = actor_of_visitor(Visitor(id="mia"))
    _, duplicate = await desk.store.conversations.open(mia, client_id="x", body="Once")
    return duplicate


async def _first_of_its_organization(desk: Desk) -> Any:
    mia = actor_of_visitor(Visitor(id="mia", organization="new"))
    await desk.store.conversations.open(mia, client_id="x", body="Once")


async def _change(desk: Desk) -> Any:
    changed = await desk.store.conversations.change(
        ADA, desk.conversation, Patch(priority=Priority.HIGH, tags=["vip"]), "ada"
    )
    return changed.assignee is not None


async def _change_with_key(desk: Desk) -> Any:
    changed = await desk.store.conversations.change(
        ADA, desk.conversation, Patch(subject="Tea"), "ada", client_id="x"
    )
    return changed.subject


async def _edit(desk: Desk) -> Any:
    return (await desk.store.messages.edit(VISITOR, desk.message, "!")).body


async def _delete(desk: Desk) -> Any:
    return (await desk.store.messages.delete(VISITOR, desk.message)).deleted_at is not None


async def _mark(desk: Desk) -> Any:
    marked = await desk.store.receipts.mark(ADA, desk.conversation, delivered=2, read=2)
    return marked.delivered, marked.read, marked.unread


async def _presence(desk: Desk) -> Any:
    beat = Beat("default", desk.conversation, Participant(SenderKind.AGENT, "ada", "Ada", None))
    await desk.store.presence.write("default", node_id="n", alive=[beat])
    return [
        person.id
        for people in (await desk.store.presence.at("default", [desk.conversation])).values()
        for person in people
    ]


async def _agent_comes(desk: Desk) -> Any:
    beat = Beat("default", CONNECTED, Participant(SenderKind.AGENT, "ada", "Ada", None))
    await desk.store.presence.move_agents("default", node_id="n", came=[beat])
    return await desk.store.presence.in_session("default", ["ada"])


async def _availability(desk: Desk) -> Any:
    record = await desk.store.agents.set_availability(ADA, "ada", Availability.AWAY)
    return record.id


#: Each with what it answers and the events that it adds, by kind of stream.
OPERATIONS: dict[str, tuple[Callable[[Desk], Awaitable[Any]], Any, dict[str, int]]] = {
    "send": (_send, (3, False), {"conversation": 1, "inbox": 1}),
    "note": (_note, (1, False), {"notes": 1, "inbox": 1}),
    "open": (_open, False, {"conversation": 1, "visitor": 1, "inbox": 1}),
    "first of its organization": (
        _first_of_its_organization,
        None,
        {"conversation": 1, "visitor": 1, "inbox": 1},
    ),
    # The inbox is also told of the tag, which is a new one.
    "change": (_change, True, {"conversation": 1, "notes": 2, "visitor": 1, "inbox": 2}),
    "change with key": (_change_with_key, "Tea", {"conversation": 2, "visitor": 1, "inbox": 1}),
    "edit": (_edit, "!", {"conversation": 1, "inbox": 1}),
    "delete": (_delete, True, {"conversation": 1, "inbox": 1}),
    "mark": (_mark, (2, 2, 0), {}),
    "presence": (_presence, ["ada"], {}),
    "agent comes": (_agent_comes, {"ada"}, {"inbox": 1}),
    "availability": (_availability, "ada", {"inbox": 1}),
}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("name", list(OPERATIONS))
async def test_an_operation_whose_commit_is_cut_happens_once(
    behind_proxy: Desk, name: str, moment: str
) -> None:
    desk = behind_proxy
    do, answer, added = OPERATIONS[name]
    before = desk.stored()
    desk.heard.events.clear()
    desk.heard.notices.clear()
    if moment == "before":
        desk.proxy.cut_at(COMMIT, way="request")
    else:
        desk.proxy.cut_at(COMMITTED)
    assert await do(desk) == answer
    assert desk.proxy.sprung == 1
    new = sorted(set(desk.stored()) - set(before))
    kinds = [stream.partition(":")[0] for stream, _ in new]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == added
    assert desk.gapless()
    # Told at once, each once, not left for the look at the heads.
    assert sorted(desk.heard.events) == new
    assert len(desk.heard.notices) == (1 if name == "mark" else 0)


async def test_a_batch_whose_commit_is_cut_answers_as_it_would_have(behind_proxy: Desk) -> None:
    desk = behind_proxy
    store, conversation = desk.store, desk.conversation
    ways: list[tuple[bytes, Way]] = [
        (COMMITTED, "answer"),
        (COMMIT, "request"),
        (COMMITTED, "answer"),
    ]
    for round, (pattern, way) in enumerate(ways):
        desk.proxy.cut_at(pattern, way=way)
        # Into one batch: what comes while the first commit is on its way.
        outcomes = await asyncio.gather(
            *(
                store.messages.send(
                    VISITOR, conversation, client_id=f"{round}.{n}", body=f"{round}.{n}"
                )
                for n in range(40)
            ),
            store.conversations.change(ADA, conversation, Patch(subject=f"{round}"), "ada"),
            store.messages.edit(VISITOR, desk.message, f"{round}"),
        )
        sent = outcomes[:40]
        assert [item.duplicate for item in sent] == [False] * 40
        assert [item.seq for item in sent] == list(range(sent[0].seq, sent[0].seq + 40))
    assert desk.proxy.sprung == 3
    stored = desk.stored()
    assert desk.gapless()
    assert sorted(desk.heard.events) == stored
    # Three changes of the subject, one of the assignee, three edits; nothing twice.
    count = sum(1 for stream, _ in stored if stream == f"conversation:{conversation}")
    assert count == 2 + 3 * 40 + 3 + 1 + 3


async def test_when_every_answer_is_lost_the_callers_repetition_finds_it(
    behind_proxy: Desk,
) -> None:
    desk = behind_proxy
    store = desk.store
    # The draft is tried once, then the long way.
    desk.proxy.cut_at(COMMITTED, times=1 + ATTEMPTS)
    with pytest.raises(StorageUnavailableError):
        await store.messages.send(VISITOR, desk.conversation, client_id="x", body="Once")
    assert desk.proxy.sprung == 1 + ATTEMPTS
    assert (f"conversation:{desk.conversation}", 3) in desk.stored()
    assert (f"conversation:{desk.conversation}", 3) not in desk.heard.events
    sent = await store.messages.send(VISITOR, desk.conversation, client_id="x", body="Once")
    assert (sent.seq, sent.duplicate) == (3, True)
    # Nobody was told when it was stored; now the readers' channels are.
    assert desk.heard.repeated == {
        f"conversation:{desk.conversation}": 3,
        f"notes:{desk.conversation}": 0,
        "inbox:default": 3,
    }
