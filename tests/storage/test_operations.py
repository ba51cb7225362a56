"""What the ledger promises to operations: what they find, what is told, and what a refused one
leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
from msgspec import UNSET

from campfire_chat.access import statements as access_statements
from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Role, Visitor
from campfire_chat.core import clock
from campfire_chat.core.errors import ClientIdConflictError, ForbiddenError, InternalError
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.database.lanes import Session
from campfire_chat.database.statement import Query
from campfire_chat.features.agents.streams import AGENT
from campfire_chat.features.conversations.aggregate import CONVERSATIONS
from campfire_chat.features.conversations.events import SUBJECT_CHANGED, SubjectChanged
from campfire_chat.features.conversations.records import AgentConversation
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.conversations.streams import CONVERSATION
from campfire_chat.features.receipts.operations import MARKS
from campfire_chat.features.receipts.rules import Mark
from campfire_chat.ledger import event_log, statements
from campfire_chat.ledger.events import HIDDEN, Nothing
from campfire_chat.ledger.locking import LockingPath
from campfire_chat.ledger.operation import FINGERPRINTS, ConditionalOperation, Instead, Operation
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.ledger.write_batch import Committed, Notice
from campfire_chat.settings import Settings
from tests.storage.test_queue import waiting
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
ADA = agent_actor(Agent(id="ada", name="Ada", role=Role.ADMIN))
ZOE = agent_actor(Agent(id="zoe", name="Zoe", role=Role.ADMIN, organization="acme"))

Run = Callable[[Transaction], Awaitable[Any]]


class Do(Operation[Any]):
    """Whatever a test wants done."""

    def __init__(self, run: Run, actor: Actor = ADA, *, conversation: str | None = None) -> None:
        super().__init__(actor, () if conversation is None else (conversation,))
        self.kind = CONVERSATIONS
        self._run = run

    async def run(self, transaction: Transaction) -> Any:
        return await self._run(transaction)


class DoTogether(Do):
    """The same for one that is done together with others."""

    is_batchable = True


class Heard:
    """What a process is told after each commit."""

    def __init__(self) -> None:
        self.events: list[Committed] = []
        self.notices: list[Notice] = []
        self.repeated: dict[tuple[str, str], int] = {}

    def __call__(
        self,
        committed: Sequence[Committed],
        notices: Sequence[Notice],
        repeated: Mapping[tuple[str, str], int],
    ) -> None:
        self.events += committed
        self.notices += notices
        self.repeated |= repeated


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def stores(
    database_url: str, heard: Heard, anyio_backend: str
) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes on one database, and what the first of them is told."""
    async with AsyncExitStack() as stack:
        found: list[Store] = []
        for told in (heard, Heard()):
            store = Store(database_url, settings=Settings(), on_commit=told, now=clock.now)
            await store.start()
            stack.push_async_callback(store.stop)
            found.append(store)
        yield found[0], found[1]


@pytest.fixture
async def store(stores: tuple[Store, Store]) -> Store:
    return stores[0]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the transactions of the locking path, of all attempts."""
    sizes: list[int] = []
    commit = LockingPath.commit

    async def counted(self: LockingPath, operations: list[Any], attempts: Any) -> Any:
        sizes.append(len(operations))
        return await commit(self, operations, attempts)

    monkeypatch.setattr(LockingPath, "commit", counted)
    return sizes


async def at_once(store: Store, *calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """The results or errors of calls whose operations are in one transaction."""
    with waiting(store):
        # The ledger is on its way with this one alone when the others come.
        first = store.storage.submit(Do(_nothing))
        while store.storage._ledger._queue:
            await asyncio.sleep(0)
        together = [asyncio.ensure_future(call()) for call in calls]
        while len(store.storage._ledger._queue) < len(calls):
            await asyncio.sleep(0)
    outcomes = await asyncio.gather(*together, return_exceptions=True)
    await first
    return outcomes


def done(store: Store, *operations: Operation[Any]) -> list[Callable[[], Awaitable[Any]]]:
    return [partial(store.storage.submit, operation) for operation in operations]


async def _nothing(_: Transaction) -> None:
    """No operation at all."""


async def begin(store: Store, actor: Actor = MIA) -> str:
    opened, _ = await store.conversations.open(actor, client_id="first", body="Hello")
    return opened.id


def log(database_url: str, organization: str = "default") -> dict[str, list[dict[str, Any]]]:
    """Every event by its stream; every stream counts from 1 to its head."""
    truth = Truth(database_url)
    found = truth.streams(organization)
    assert {name: [event["seq"] for event in events] for name, events in found.items()} == {
        name: list(range(1, head + 1)) for name, head in truth.heads(organization).items()
    }
    return found


# Operations that take effect once for each client id.


def changes(database_url: str) -> list[str]:
    """The subjects that were set, in their order."""
    return [
        event["data"]["subject"]
        for events in log(database_url).values()
        for event in events
        if event["event"] == SUBJECT_CHANGED.name
    ]


async def test_a_change_is_repeated_once_and_answered_with_the_present_state(
    stores: tuple[Store, Store], heard: Heard, database_url: str
) -> None:
    one, other = stores
    conversation = await begin(one)

    async def change(store: Store, subject: str, client_id: str | None, actor: Actor = ADA) -> Any:
        changed = await store.conversations.change(
            actor, conversation, Patch(subject=subject), UNSET, client_id=client_id
        )
        assert isinstance(changed, AgentConversation)
        return changed.subject

    assert await change(one, "Tea", "x") == "Tea"
    assert await change(one, "Coffee", None) == "Coffee"
    for store in stores:
        assert await change(store, "Tea", "x") == "Coffee"
        with pytest.raises(ClientIdConflictError):
            await change(store, "Milk", "x")
    # Another's id is another one, and so is another id; without one it always takes effect.
    zed = agent_actor(Agent(id="zed", name="Zed"))
    assert await change(other, "Milk", "x", zed) == "Milk"
    assert await change(other, "Tea", "y") == "Tea"
    assert await change(other, "Milk", None) == "Milk"
    assert changes(database_url) == ["Tea", "Coffee", "Milk", "Tea", "Milk"]
    # Who stored it may have ended before it was told: the heads are announced.
    heads = Truth(database_url).heads("default")
    heard.repeated.clear()
    await change(one, "Tea", "y")
    assert heard.repeated == {
        ("default", name): heads.get(name, 0)
        for name in (f"conversation:{conversation}", f"notes:{conversation}", "inbox:default")
    }


async def test_repetitions_in_one_transaction_are_one_change(
    store: Store, batches: list[int], database_url: str
) -> None:
    conversation = await begin(store)
    del batches[:]
    outcomes = await at_once(
        store,
        *(
            partial(
                store.conversations.change,
                *(ADA, conversation, Patch(subject=subject), UNSET),
                client_id=client_id,
            )
            for subject, client_id in (("Tea", "x"), ("Tea", "x"), ("Milk", "x"), ("Oat", "y"))
        ),
    )
    assert isinstance(outcomes[2], ClientIdConflictError)
    assert not any(isinstance(outcome, BaseException) for outcome in (*outcomes[:2], outcomes[3]))
    assert changes(database_url) == ["Tea", "Oat"]
    # None had to be done again alone, because the database refused its key.
    assert batches == [1, 4]


# What operations of one transaction find.


async def test_each_finds_what_those_before_it_have_written(store: Store) -> None:
    async def count(transaction: Transaction) -> int:
        return len(
            await transaction.session.fetch(
                FINGERPRINTS.query,
                org_id="default",
                keys=transaction.session.engine.list_value(["a", "b", "c"]),
            )
        )

    def writes(key: str) -> Run:
        async def run(transaction: Transaction) -> None:
            transaction.insert(statements.INSERT_IDEMPOTENCY, ("default", key, "x", 1))

        return run

    outcomes = await at_once(
        store,
        *done(
            store,
            Do(count),
            Do(writes("a")),
            DoTogether(count),
            DoTogether(writes("b")),
            Do(count),
            Do(writes("c")),
            Do(count),
        ),
    )
    assert outcomes == [0, None, 1, None, 2, None, 3]


async def test_a_refused_one_leaves_nothing_behind(
    store: Store, heard: Heard, database_url: str
) -> None:
    conversation = await begin(store)
    before = log(database_url)

    def change(name: str, *, refuse: bool = False) -> Run:
        async def run(transaction: Transaction) -> tuple[Any, ...]:
            found = transaction.aggregate(CONVERSATIONS, ADA, conversation)
            seen = (
                found.subject,
                found.head,
                transaction.was_looked_up(FINGERPRINTS, "default", "k"),
            )
            await transaction.load_related(MARKS, "default", [conversation])
            seen = (*seen, transaction.related(MARKS, "default", conversation, "mark"))
            transaction.set_related(MARKS, "default", conversation, "mark", Mark(1, 1, 1))
            found.subject = name
            data = SubjectChanged(
                conversation_id=conversation, subject=name, actor=ADA.principal.participant
            )
            transaction.append(
                *(CONVERSATIONS, found, CONVERSATION, SUBJECT_CHANGED, data), found.next_at(1)
            )
            transaction.tell_stream("default", AGENT.name("ada"), HIDDEN, Nothing())
            row = ("default", name, "x", 1)
            transaction.insert(statements.INSERT_IDEMPOTENCY, row)
            transaction.notify(name, Notice("default", name, Nothing()))
            transaction.notify("same", Notice("default", name, Nothing()))
            await transaction.flush()
            transaction.tell_stream("default", AGENT.name("ada"), HIDDEN, Nothing())
            transaction.tell_inbox("default", HIDDEN, Nothing())
            transaction.insert(statements.INSERT_IDEMPOTENCY, ("default", f"{name} later", "x", 1))
            transaction.begin_stream("default", name)
            usage = ("default", name, "", 1, 1)
            transaction.upsert(access_statements.WRITE_USAGE, name, usage)
            if refuse:
                transaction.note(FINGERPRINTS, "default", "k", "x")
                raise ForbiddenError("not this one")
            return seen

        return run

    heard.events.clear()
    outcomes = await at_once(
        store,
        *done(
            store,
            Do(change("a"), conversation=conversation),
            Do(change("b", refuse=True), conversation=conversation),
            Do(change("c"), conversation=conversation),
        ),
    )
    assert outcomes[0] == (None, 1, False, None)
    assert isinstance(outcomes[1], ForbiddenError)
    # What it reads is what is stored, and the mark never was.
    assert outcomes[2] == ("a", 2, False, None)
    after = log(database_url)
    truth = Truth(database_url)
    new = {name: events[len(before.get(name, ())) :] for name, events in after.items()}
    assert [event["data"]["subject"] for event in new[f"conversation:{conversation}"]] == ["a", "c"]
    assert len(new["agent:ada"]) == 4
    keys = truth.query("SELECT client_key FROM campfire_idempotency ORDER BY client_key")
    assert [key for (key,) in keys] == ["a", "a later", "c", "c later"]
    rows = truth.query("SELECT stream FROM campfire_streams WHERE length(stream) = 1 ORDER BY 1")
    assert truth.query("SELECT key FROM campfire_usage ORDER BY key") == [("a",), ("c",)]
    assert [name for (name,) in rows] == ["a", "c"]
    told = [(event.stream, event.seq, event.payload) for event in heard.events]
    assert sorted(told) == sorted(
        (row[0], row[1], row[2])
        for row in truth.query("SELECT stream, seq, payload FROM campfire_events")
        if row[1] > len(before.get(row[0], ()))
    )
    assert sorted(notice.stream for notice in heard.notices) == ["a", "c", "c"]


async def test_one_that_is_refused_alone_leaves_nothing_behind(
    store: Store, heard: Heard, database_url: str
) -> None:
    conversation = await begin(store)
    before = log(database_url)
    heard.events.clear()

    async def refused(transaction: Transaction) -> None:
        found = transaction.aggregate(CONVERSATIONS, ADA, conversation)
        found.subject = "x"
        transaction.touch(CONVERSATIONS, found)
        await transaction.flush()
        raise ForbiddenError("not this one")

    with pytest.raises(ForbiddenError):
        await store.storage.submit(Do(refused, conversation=conversation))
    assert log(database_url) == before
    assert heard.events == []
    await store.messages.send(MIA, conversation, client_id="next", body="Next")
    assert log(database_url)["inbox:default"][-1]["data"]["subject"] is None


class IfFree(ConditionalOperation):
    """Carries out another operation unless somebody has taken its place."""

    def __init__(self, operation: Operation[Any], place: str) -> None:
        super().__init__(operation)
        self._place = place

    async def holds(self, transaction: Transaction) -> bool:
        taken = await transaction.look_up(FINGERPRINTS, self.organization, self._place)
        row = (self.organization, f"{self._place} of {len(self.aggregate_ids)}", "x", 1)
        transaction.insert(statements.INSERT_IDEMPOTENCY, row)
        return taken is None


async def test_nothing_is_done_in_place_of_what_has_a_condition(
    store: Store, database_url: str
) -> None:
    async def nothing(_: Transaction) -> None: ...

    async def instead(_: Transaction) -> None:
        raise Instead(Do(nothing))

    with pytest.raises(InternalError):
        await store.storage.submit(IfFree(Do(instead), "a"))
    assert Truth(database_url).query("SELECT client_key FROM campfire_idempotency") == []


async def test_both_or_neither_of_an_operation_and_its_condition(
    store: Store, database_url: str
) -> None:
    conversation = await begin(store)

    def keys() -> list[str]:
        rows = Truth(database_url).query("SELECT client_key FROM campfire_idempotency ORDER BY 1")
        return [key for (key,) in rows]

    def takes(place: str, *, refuse: bool = False) -> Run:
        async def run(transaction: Transaction) -> str:
            # It is there: what the inner operation works on was read and locked for both.
            found = transaction.aggregate(CONVERSATIONS, ADA, conversation)
            transaction.touch(CONVERSATIONS, found)
            row = ("default", place, "x", 1)
            transaction.insert(statements.INSERT_IDEMPOTENCY, row)
            if refuse:
                raise ForbiddenError("not this one")
            return "an answer that nobody gets"

        return run

    def operation(place: str, **more: bool) -> IfFree:
        inner = Do(takes(place, **more), conversation=conversation)
        outer = IfFree(inner, place)
        assert outer.size > inner.size
        return outer

    assert await store.storage.submit(operation("a")) is True
    assert keys() == ["a", "a of 1"]
    await store.storage.submit(Do(_forgets("a of 1")))
    # What was noted beside it is stored all the same: it is what the condition says.
    assert await store.storage.submit(operation("a")) is False
    assert keys() == ["a", "a of 1"]
    with pytest.raises(ForbiddenError):
        await store.storage.submit(operation("b", refuse=True))
    assert keys() == ["a", "a of 1"]


def _forgets(key: str) -> Run:
    async def run(transaction: Transaction) -> None:
        await transaction.session.write(statements.DELETE_IDEMPOTENCY, [("default", key)])

    return run


# Streams that belong to no aggregate.


def tells(organization: str, *streams: str, inbox: bool = False) -> Run:
    async def run(transaction: Transaction) -> None:
        for stream in streams:
            transaction.tell_stream(organization, stream, HIDDEN, Nothing())
        if inbox:
            transaction.tell_inbox(organization, HIDDEN, Nothing())

    return run


@pytest.mark.parametrize("together", [False, True])
async def test_the_inbox_says_that_other_streams_were_told_something(
    stores: tuple[Store, Store], database_url: str, together: bool
) -> None:
    """Once for each commit that tells it nothing else, since the feed reads it."""
    kind = DoTogether if together else Do
    for store in stores:
        await store.storage.submit(kind(tells("default", "agent:a", "agent:b", "agent:a"), ADA))
        await store.storage.submit(kind(tells("acme", "agent:a", inbox=True), ZOE))
    spans = Truth(database_url).query(
        "SELECT org_id, seq, spans FROM campfire_events "
        "WHERE stream LIKE 'inbox:%' ORDER BY org_id, seq"
    )
    assert [(row[0], row[1], sorted(json.loads(row[2]))) for row in spans] == [
        ("acme", 1, [["agent:a", 1, 1]]),
        ("acme", 2, [["agent:a", 2, 2]]),
        ("default", 1, [["agent:a", 1, 2], ["agent:b", 1, 1]]),
        ("default", 2, [["agent:a", 3, 4], ["agent:b", 2, 2]]),
    ]
    for organization, heads in (
        ("default", {"agent:a": 4, "agent:b": 2, "inbox:default": 2}),
        ("acme", {"agent:a": 2, "inbox:acme": 2}),
    ):
        found = log(database_url, organization)
        assert {name: len(events) for name, events in found.items()} == heads


async def test_two_organizations_in_one_transaction_stay_apart(
    store: Store, database_url: str
) -> None:
    outcomes = await at_once(
        store,
        *done(
            store,
            DoTogether(tells("default", "agent:a"), ADA),
            DoTogether(tells("acme", "agent:a", "agent:b", inbox=True), ZOE),
            DoTogether(tells("default", "agent:a"), ADA),
            Do(tells("acme", "agent:b"), ZOE),
        ),
    )
    assert outcomes == [None] * 4
    for organization, heads in (
        ("default", {"agent:a": 2, "inbox:default": 1}),
        ("acme", {"agent:a": 1, "agent:b": 2, "inbox:acme": 2}),
    ):
        found = log(database_url, organization)
        assert {name: len(events) for name, events in found.items()} == heads


async def test_the_first_event_of_an_organization_needs_no_conversation(
    stores: tuple[Store, Store], database_url: str
) -> None:
    """Whatever comes first begins the inbox, and every process goes on from there."""
    for number, store in enumerate((*stores, stores[0]), 1):
        await store.runtime_settings.change(
            ZOE, Scope.ORGANIZATION, {"name": f"Shop {number}"}, client_id=None
        )
    events = log(database_url, "acme")
    assert [event["event"] for event in events["inbox:acme"]] == ["settings.changed"] * 3
    assert log(database_url) == {}
    sent = await stores[1].conversations.open(
        actor_of_visitor(Visitor(id="mia", organization="acme")), client_id="1", body="Hello"
    )
    assert len(log(database_url, "acme")["inbox:acme"]) == 4
    assert sent[1] is False


# Work that is deferred.


async def test_who_does_jobs_is_told_when_the_earliest_may_begin(store: Store) -> None:
    told: list[int] = []
    store.storage.on_deferred(told.append)

    def defers(*moments: int) -> Run:
        async def run(transaction: Transaction) -> None:
            for at in moments:
                transaction.work_waits(at)

        return run

    await at_once(store, *done(store, Do(defers(30, 20)), Do(defers(25))))
    assert told == [20]
    await at_once(store, *done(store, Do(defers(10)), Do(defers(10, 40))))
    assert told == [20, 10]
    await store.storage.submit(Do(_nothing))
    assert told == [20, 10]


# Pages of the log.


async def test_a_page_says_what_is_left_and_what_is_gone(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        await store.storage.submit(Do(tells("default", "agent:a")))
        await store.storage.submit(Do(tells("acme", "agent:a", "agent:a"), ZOE))
    stored = {
        organization: [
            (row[0], row[1])
            for row in Truth(database_url).query(
                "SELECT seq, payload FROM campfire_events "
                "WHERE org_id = ? AND stream = 'agent:a' ORDER BY seq",
                organization,
            )
        ]
        for organization in ("default", "acme")
    }

    async def compare(first: int) -> None:
        for organization, events in stored.items():
            head = len(events)
            gone = first if organization == "default" else 1
            for after in range(head + 2):
                for limit in (1, 2, 50):
                    page = await store.storage.stream_page(organization, "agent:a", after, limit)
                    left = [item for item in events if item[0] > after and item[0] >= gone]
                    assert page.events == left[:limit]
                    assert page.head == head
                    last = page.events[-1][0] if page.events else after
                    assert page.more is (last < head)
                    if after < head:
                        oldest = left[0][0] if left else head + 1
                        assert page.first == (after + 1 if oldest == after + 1 else oldest)
                    else:
                        # Nothing is missing for somebody who has everything.
                        assert page.first <= after + 1

    await compare(1)
    length = len(stored["default"][0][1])
    # As many characters as three events have, and one more.
    for room, events in ((3 * length, 3), (3 * length + 1, 3), (3 * length - 1, 2), (1, 1)):
        monkeypatch.setattr(event_log, "PAGE_CHARACTERS", room)
        page = await store.storage.stream_page("default", "agent:a", 1)
        assert (len(page.events), page.more) == (events, 1 + events < 6)
    monkeypatch.undo()
    for gone in (1, 2):
        Truth(database_url).write(
            "DELETE FROM campfire_events "
            "WHERE org_id = 'default' AND stream = 'agent:a' AND seq = ?",
            gone,
        )
        await compare(gone + 1)
    Truth(database_url).write("DELETE FROM campfire_events WHERE org_id = 'default'")
    page = await store.storage.stream_page("default", "agent:a", 2)
    assert (page.events, page.head, page.first, page.more) == ([], 6, 7, True)
    page = await store.storage.stream_page("default", "agent:none", 0)
    assert (page.events, page.head, page.first, page.more) == ([], 0, 1, False)


async def test_who_has_everything_is_told_so_by_one_query(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most who ask lack nothing, and many ask."""
    for _ in range(3):
        await store.storage.submit(Do(tells("default", "agent:a")))
    queries: list[Query] = []
    fetch = Session.fetch

    async def counted(self: Session, query: Query, **values: Any) -> Any:
        queries.append(query)
        return await fetch(self, query, **values)

    monkeypatch.setattr(Session, "fetch", counted)
    for after in (0, 1, 3):
        del queries[:]
        await store.storage.stream_page("default", "agent:a", after)
        assert len(queries) == 1


async def test_the_inbox_tells_which_streams_have_grown(store: Store, database_url: str) -> None:
    await store.storage.submit(Do(tells("default", "agent:a")))
    await store.storage.submit(Do(tells("default", inbox=True)))
    await store.storage.submit(Do(tells("default", "agent:b", "agent:c", inbox=True)))
    await store.storage.submit(Do(tells("acme", "agent:x", "agent:y"), ZOE))
    inbox, appended = "inbox:default", store.storage.appended
    assert await appended("default", 0, 3) == {inbox, "agent:a", "agent:b", "agent:c"}
    assert await appended("default", 0, 2) == {inbox, "agent:a"}
    assert await appended("default", 1, 2) == {inbox}
    assert await appended("default", 2, 3) == {inbox, "agent:b", "agent:c"}
    assert await appended("acme", 0, 1) == {"inbox:acme", "agent:x", "agent:y"}
    # It cannot be told of entries that are not there yet, or not any more.
    assert await appended("default", 2, 4) is None
    Truth(database_url).write(
        "DELETE FROM campfire_events WHERE org_id = 'default' AND stream = ? AND seq = 1", inbox
    )
    assert await appended("default", 0, 3) is None
    assert await appended("default", 1, 3) == {inbox, "agent:b", "agent:c"}
