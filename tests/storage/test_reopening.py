"""A visitor who writes in a resolved conversation: whether it is reopened, by whom it is answered,
and where it goes on when it is too late."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import UNSET

from campfire_chat import Agent, Visitor
from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Availability, Participant, Role, SenderKind
from campfire_chat.core.errors import ClientIdConflictError, InternalError
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.features.contacts.errors import ContactBlockedError
from campfire_chat.features.conversations.records import AgentConversation, Status
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.messages.adding import Sent
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.presence.operations import Beat
from campfire_chat.features.presence.queries import CONNECTED
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from tests.jobs.conftest import OpenStore, Watch, open_store, watch
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio
__all__ = ["open_store", "watch"]

ADA = agent_actor(Agent(id="ada", name="Ada", role=Role.ADMIN))
MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
DAY = 24 * 3600


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    store = await open_store()
    await store.agents.remember(ADA)
    return store


async def begin(store: Store, *, subject: str | None = None) -> str:
    opened, _ = await store.conversations.open(
        MIA, client_id="first", body="Hello", subject=subject
    )
    return opened.id


async def resolve(store: Store, conversation: str) -> None:
    await store.conversations.change(ADA, conversation, Patch(status=Status.RESOLVED), UNSET)


async def within(store: Store, days: int | None) -> None:
    await store.runtime_settings.change(
        ADA, Scope.ORGANIZATION, {"reopen_days": days}, client_id=None
    )


async def say(store: Store, conversation: str, client: str, *, by: Actor = MIA) -> Sent:
    return await store.messages.send(by, conversation, client_id=client, body=client)


async def seen(store: Store, conversation: str) -> AgentConversation:
    found = await store.conversations.get(ADA, conversation)
    assert isinstance(found, AgentConversation)
    return found


async def connect(store: Store, actor: Actor) -> None:
    beat = Beat(
        "default", CONNECTED, Participant(SenderKind.AGENT, actor.principal.id, "Ada", None)
    )
    await store.presence.write("default", node_id="n", alive=[beat])


@pytest.mark.parametrize("availability", [None, *Availability])
async def test_the_assignee_keeps_what_comes_back_only_if_available(
    store: Store, database_url: str, availability: Availability | None
) -> None:
    """None: not connected."""
    conversation = await begin(store)
    await store.conversations.change(ADA, conversation, Patch(), ADA.principal.id)
    await resolve(store, conversation)
    if availability is not None:
        await connect(store, ADA)
        await store.agents.set_availability(ADA, ADA.principal.id, availability)
    await say(store, conversation, "again")
    found = await seen(store, conversation)
    kept = availability in (Availability.ONLINE, Availability.BUSY)
    assert found.status is Status.OPEN
    assert (found.assignee is not None) == kept
    told = Truth(database_url).streams("default")[f"conversation:{conversation}"]
    assert [event["event"] for event in told[-2:]] == (
        ["message.created", "conversation.status_changed"]
        if kept
        else ["conversation.status_changed", "conversation.assignee_changed"]
    )
    if not kept:
        assert told[-1]["data"]["actor"]["kind"] == "system"


async def test_a_pending_one_is_opened_and_stays_with_its_assignee(store: Store) -> None:
    conversation = await begin(store)
    patch = Patch(status=Status.PENDING)
    await store.conversations.change(ADA, conversation, patch, ADA.principal.id)
    await say(store, conversation, "note", by=ADA)
    assert (await seen(store, conversation)).status is Status.PENDING
    await say(store, conversation, "again")
    found = await seen(store, conversation)
    assert (found.status, found.assignee is not None) == (Status.OPEN, True)


async def test_without_the_setting_it_is_always_reopened(store: Store, watch: Watch) -> None:
    conversation = await begin(store)
    await resolve(store, conversation)
    watch.move(4000 * DAY)
    assert (await say(store, conversation, "late")).conversation_id == conversation
    assert (await seen(store, conversation)).reopen_count == 1


async def test_what_comes_late_begins_a_linked_conversation(
    store: Store, watch: Watch, database_url: str
) -> None:
    await within(store, 7)
    before = await begin(store, subject="Order 42")
    labels = Patch(access_labels=["vip"])
    await store.conversations.change(ADA, before, labels, ADA.principal.id)
    await resolve(store, before)
    watch.move(7 * DAY - 1)
    assert (await say(store, before, "in time")).conversation_id == before
    await store.conversations.change(ADA, before, Patch(), ADA.principal.id)
    await resolve(store, before)
    await connect(store, ADA)
    watch.move(7 * DAY)
    await connect(store, ADA)
    late = await say(store, before, "late")
    assert late.conversation_id != before
    assert (late.seq, late.duplicate) == (1, False)

    # An agent's word goes where it is said, and so does a note.
    for visibility in Visibility:
        sent = await store.messages.send(
            *(ADA, before), client_id=visibility, body="x", visibility=visibility
        )
        assert sent.conversation_id == before

    old, new = await seen(store, before), await seen(store, late.conversation_id)
    assert old.status is Status.RESOLVED
    assert (old.continues_id, old.continued_in_id) == (None, new.id)
    assert (new.continues_id, new.continued_in_id) == (before, None)
    assert (new.status, new.subject, new.access_labels) == (Status.OPEN, "Order 42", ["vip"])
    assert (new.number, new.contact) == (old.number + 1, old.contact)
    assert new.assignee is not None
    assert new.assignee.id == ADA.principal.id
    assert new.waiting_since is not None
    streams = Truth(database_url).streams("default")
    for about, links in ((old, (None, new.id)), (new, (before, None))):
        (told,) = [
            event["data"]
            for event in streams[f"notes:{about.id}"]
            if event["event"] == "conversation.linked"
        ]
        assert (told["continues_id"], told["continued_in_id"]) == links
    assert streams[f"conversation:{new.id}"][0]["event"] == "message.created"

    # The same client id gets the same answer; another text is a mistake.
    again = await say(store, before, "late")
    assert (again.conversation_id, again.message_id, again.duplicate) == (
        *(new.id, late.message_id),
        True,
    )
    with pytest.raises(ClientIdConflictError):
        await store.messages.send(MIA, before, client_id="late", body="Something else")
    # What follows goes to the new one, also when that has gone on in a third one.
    assert (await say(store, before, "more")).conversation_id == new.id
    await resolve(store, new.id)
    watch.move(8 * DAY)
    third = await say(store, before, "much later")
    assert third.conversation_id not in (before, new.id)
    assert (await seen(store, third.conversation_id)).continues_id == new.id
    assert (await seen(store, third.conversation_id)).assignee is None
    for client, where in (("late", new.id), ("much later", third.conversation_id)):
        again = await say(store, before, client)
        assert (again.conversation_id, again.duplicate) == (where, True)

    # Somebody reopens the first one by hand: then it is open, and is written to.
    await store.conversations.change(ADA, before, Patch(status=Status.OPEN), UNSET)
    assert (await say(store, before, "here")).conversation_id == before
    assert (await say(store, before, "late")).conversation_id == new.id


async def test_several_that_come_late_at_once_begin_one_and_stay_in_order(
    open_store: OpenStore, watch: Watch
) -> None:
    one, two = await open_store(), await open_store()
    await one.agents.remember(ADA)
    await within(one, 1)
    for turn in range(5):
        opened, _ = await one.conversations.open(MIA, client_id=f"first {turn}", body="Hello")
        await resolve(one, opened.id)
        watch.move(2 * DAY)
        sent: list[Any] = [
            store.messages.send(MIA, opened.id, client_id=f"{turn} {name} {n}", body=f"{name} {n}")
            for n in range(6)
            for name, store in (("one", one), ("two", two))
        ]
        answers: list[Sent] = await asyncio.gather(*sent)
        (where,) = {answer.conversation_id for answer in answers}
        assert where != opened.id
        page, _ = await one.messages.page(MIA, where, None, 50)
        said = [message.body for message in reversed(page)]
        assert len(said) == 12
        for name in ("one", "two"):
            mine = [body for body in said if body.startswith(name)]
            assert mine == [f"{name} {n}" for n in range(6)]


async def test_whoever_is_blocked_begins_none_by_a_late_message(
    store: Store, watch: Watch, database_url: str
) -> None:
    await within(store, 1)
    before = await begin(store)
    await resolve(store, before)
    watch.move(2 * DAY)
    # In memory, the conversation still has its contact as it was.
    Truth(database_url).write("UPDATE campfire_contacts SET blocked = ?", True)
    with pytest.raises(ContactBlockedError):
        await say(store, before, "late")
    assert (await seen(store, before)).continued_in_id is None


class Fails(Operation[None]):
    """Fails unexpectedly, so all that is committed with it is committed again, one by one."""

    async def run(self, transaction: Transaction) -> None:
        raise ZeroDivisionError


async def test_they_stay_in_order_when_one_beside_them_fails(store: Store, watch: Watch) -> None:
    await within(store, 1)
    before = await begin(store)
    await resolve(store, before)
    watch.move(2 * DAY)
    # No turn of the loop in between, so all of them are committed together.
    failing = store.storage.submit(Fails(ADA))
    sent = [store.messages.send(MIA, before, client_id=f"m{n}", body=f"m{n}") for n in range(4)]
    answers = await asyncio.gather(*sent)
    with pytest.raises(InternalError):
        await failing
    (where,) = {answer.conversation_id for answer in answers}
    page, _ = await store.messages.page(MIA, where, None, 50)
    assert [message.body for message in reversed(page)] == [f"m{n}" for n in range(4)]
