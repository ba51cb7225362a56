"""What an operation did before it was refused leaves nothing behind, in memory or in the tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import update

from campfire_chat import Campfire
from campfire_chat.access.actor import Actor
from campfire_chat.access.records import Agent
from campfire_chat.core.errors import ClientIdConflictError, ForbiddenError, InvalidError
from campfire_chat.features.conversations.aggregate import CONVERSATIONS, append_changes
from campfire_chat.features.conversations.records import Priority, Status
from campfire_chat.features.conversations.rules import Patch, change
from campfire_chat.features.messages import tables as message_tables
from campfire_chat.features.messages.records import Visibility
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from tests.storage.test_store import AGENT, VISITOR, begin, say
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio


class Refused(Operation[None]):
    """Does what an operation can do, and is refused in the end."""

    kind = CONVERSATIONS

    def __init__(self, actor: Actor, conversation_id: str, *, flush: bool) -> None:
        super().__init__(actor, (conversation_id,))
        self._conversation_id = conversation_id
        self._flush = flush

    async def run(self, transaction: Transaction) -> None:
        conversation = transaction.aggregate(CONVERSATIONS, self.actor, self._conversation_id)
        patch = Patch(status=Status.RESOLVED, priority=Priority.HIGH, subject="never", tags=["x"])
        actor = self.actor.principal.participant
        changes = change(conversation, patch, actor=actor, now=transaction.now)
        append_changes(transaction, conversation, changes)
        await transaction.session.execute(
            update(message_tables.messages)
            .where(message_tables.messages.c.org_id == self.organization)
            .values(body="never")
        )
        if self._flush:
            await transaction.flush()
        raise InvalidError("After all that.")


@pytest.fixture
async def campfire(database_url: str) -> AsyncIterator[Campfire]:
    campfire = campfire_for(database_url, drain_on_signal=False)
    async with campfire.lifespan():
        yield campfire


async def seen(store: Store, conversation: str) -> tuple[Any, list[str]]:
    found: Any = await store.conversations.get(AGENT, conversation)
    shown = (found.status, found.priority, found.subject, found.tags, found.resolved_at)
    page = await store.messages.page(AGENT, conversation, before=None, limit=100)
    return shown, sorted(message.body for message in page[0])


@pytest.mark.parametrize("flush", [False, True])
@pytest.mark.parametrize("alone", [False, True])
async def test_a_refused_operation_is_as_if_it_had_never_been(
    campfire: Campfire, database_url: str, flush: bool, alone: bool
) -> None:
    store = Store.of(campfire)
    conversation = await begin(store)
    await say(store, conversation, "before")
    before, _ = await seen(store, conversation)
    refused = store.storage.submit(Refused(AGENT, conversation, flush=flush))
    others = [] if alone else [say(store, conversation, f"with{n}") for n in range(3)]
    outcomes = await asyncio.gather(refused, *others, return_exceptions=True)
    assert isinstance(outcomes[0], InvalidError)
    assert not any(isinstance(one, BaseException) for one in outcomes[1:])
    assert (await seen(store, conversation))[0] == before
    # What comes next must not carry it along.
    await say(store, conversation, "after")
    shown, now = await seen(store, conversation)
    assert shown == before
    said = ["before", *([] if alone else ["with0", "with1", "with2"]), "after"]
    assert now == sorted(["Hello", *[f"body of {id}" for id in said]])
    streams = Truth(database_url).streams(VISITOR.organization)
    told = {event["event"] for event in streams[f"conversation:{conversation}"]}
    assert told == {"message.created"}
    assert not streams.get(f"notes:{conversation}")
    for event in streams[f"inbox:{VISITOR.organization}"]:
        assert (event["data"]["subject"], event["data"]["status"]) == (None, "open")


VIEWER = agent_actor(Agent(id="eve", name="Eve", role="viewer"))  # type: ignore[arg-type]


async def test_who_may_not_write_is_refused_by_the_storage_itself(campfire: Campfire) -> None:
    """Whatever a way in may have forgotten to check."""
    store = Store.of(campfire)
    conversation = await begin(store)
    with pytest.raises(ForbiddenError):
        await say(store, conversation, "1", actor=VIEWER)
    with pytest.raises(ForbiddenError):
        await say(store, conversation, "2", visibility=Visibility.INTERNAL)
    assert (await seen(store, conversation))[1] == ["Hello"]


async def test_what_was_sent_before_is_the_same_one_also_when_it_says_something_else_by_now(
    campfire: Campfire,
) -> None:
    store = Store.of(campfire)
    conversation, other = await begin(store), await begin(store, id="second")
    first = await say(store, conversation, "x")
    await say(store, conversation, "y")
    for step in ("edit", "delete"):
        if step == "edit":
            await store.messages.edit(VISITOR, first.message_id, "something else")
        else:
            await store.messages.delete(VISITOR, first.message_id)
        again = await say(store, conversation, "x")
        assert (again.message_id, again.seq, again.at) == (first.message_id, first.seq, first.at)
        assert again.duplicate
    for place, more in ((other, {}), (conversation, {"reply_to": first.message_id})):
        with pytest.raises(ClientIdConflictError):
            await say(store, place, "y", **more)
