"""The storage contract, on every engine, without HTTP or sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from campfire_chat import Campfire
from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Visitor
from campfire_chat.core.errors import ClientIdConflictError, NotFoundError, StorageUnavailableError
from campfire_chat.features.messages.records import Visibility
from tests.support.host import agent_actor, campfire_for
from tests.support.store import Store
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

VISITOR = actor_of_visitor(Visitor(id="mia", name="Mia"))
AGENT = agent_actor(Agent(id="ada", name="Ada"))
OTHER = agent_actor(Agent(id="ada", name="Ada", organization="other"))


@pytest.fixture
async def campfire(database_url: str) -> AsyncIterator[Campfire]:
    campfire = campfire_for(database_url, drain_on_signal=False)
    async with campfire.lifespan():
        yield campfire


@pytest.fixture
async def store(campfire: Campfire) -> Store:
    return Store.of(campfire)


async def begin(store: Store, actor: Actor = VISITOR, id: str = "first") -> str:
    opened, _ = await store.conversations.open(actor, client_id=id, body="Hello")
    return opened.id


async def say(store: Store, conversation: str, id: str, **more: Any) -> Any:
    fields = {"client_id": id, "body": f"body of {id}", **more}
    return await store.messages.send(
        more.pop("actor", VISITOR), conversation, **_without(fields, "actor")
    )


def _without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


async def test_concurrent_sends_are_gapless_and_in_order(store: Store, database_url: str) -> None:
    conversation = await begin(store)
    sent = await asyncio.gather(*(say(store, conversation, f"m{n}") for n in range(600)))
    assert [item.seq for item in sent] == list(range(2, 602))
    assert not any(item.duplicate for item in sent)
    events = Truth(database_url).streams("default")[f"conversation:{conversation}"]
    assert [event["seq"] for event in events] == list(range(1, 602))
    assert [event["data"]["client_id"] for event in events[1:]] == [f"m{n}" for n in range(600)]
    moments = [event["at"] for event in events]
    assert moments == sorted(set(moments))


async def test_one_bad_operation_fails_alone(store: Store) -> None:
    conversation = await begin(store)
    await say(store, conversation, "taken")
    outcomes = await asyncio.gather(
        *(say(store, conversation, f"good{n}") for n in range(20)),
        say(store, "conv_nobody", "lost"),
        say(store, conversation, "taken", body="different"),
        say(store, conversation, "taken"),
        store.messages.edit(VISITOR, "msg_nothing", "x"),
        return_exceptions=True,
    )
    assert not any(isinstance(outcome, BaseException) for outcome in outcomes[:20])
    assert isinstance(outcomes[20], NotFoundError)
    assert isinstance(outcomes[21], ClientIdConflictError)
    assert outcomes[22].duplicate
    assert isinstance(outcomes[23], NotFoundError)


async def test_duplicates_within_one_batch(store: Store) -> None:
    conversation = await begin(store)
    sent = await asyncio.gather(*(say(store, conversation, "same") for _ in range(10)))
    assert len({item.message_id for item in sent}) == 1
    assert [item.duplicate for item in sent].count(False) == 1


async def test_a_cancelled_caller_costs_nobody_anything(store: Store) -> None:
    conversation = await begin(store)
    tasks = [asyncio.ensure_future(say(store, conversation, f"c{n}")) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    sent = await say(store, conversation, "after")
    page = await store.storage.stream_page("default", f"conversation:{conversation}", 0, 1000)
    assert page.head == sent.seq
    assert [seq for seq, _ in page.events] == list(range(1, sent.seq + 1))
    assert not [task for task in tasks[1::2] if task.exception() is not None]


async def test_a_scope_sees_its_organisation_only(store: Store) -> None:
    conversation = await begin(store)
    for call in (
        lambda: store.conversations.get(OTHER, conversation),
        lambda: say(store, conversation, "x", actor=OTHER),
        lambda: store.receipts.mark(OTHER, conversation, delivered=1, read=1),
        lambda: store.storage.authorize_stream(OTHER, f"conversation:{conversation}"),
        lambda: store.storage.authorize_stream(OTHER, "inbox:default"),
        lambda: store.messages.page(OTHER, conversation, None, 10),
    ):
        with pytest.raises(NotFoundError):
            await call()
    assert await store.storage.stream_heads("other", [f"conversation:{conversation}"]) == {}


async def test_notes_leave_no_trace_on_the_visitors_stream(store: Store) -> None:
    conversation = await begin(store)
    await say(store, conversation, "n", actor=AGENT, visibility=Visibility.INTERNAL)
    sent = await say(store, conversation, "p", actor=AGENT)
    assert sent.seq == 2
    seen = await store.conversations.get(VISITOR, conversation)
    # The answer, and that the agent who gave it got the conversation.
    assert seen.head == 3
    assert seen.assignee is not None
    assert seen.last_message is not None
    assert seen.last_message.text == "body of p"


async def test_the_epoch_stays(database_url: str) -> None:
    epochs: set[str] = set()
    for _ in range(2):
        campfire = campfire_for(database_url, drain_on_signal=False)
        async with campfire.lifespan():
            epochs.add(Store.of(campfire).storage.epoch)
    assert len(epochs) == 1
    assert epochs.pop()


async def test_state_and_events_tell_the_same_story(store: Store, database_url: str) -> None:
    conversation = await begin(store)
    message = (await store.messages.page(VISITOR, conversation, None, 10))[0][0]
    await say(store, conversation, "a")
    await say(store, conversation, "b", actor=AGENT)
    await store.messages.edit(VISITOR, message.id, "edited")
    stored = await store.conversations.get(AGENT, conversation)
    last = Truth(database_url).streams("default")["inbox:default"][-1]["data"]
    import msgspec

    record = msgspec.to_builtins(stored)
    assert {key: record[key] for key in last} == last


async def test_after_the_stop_nothing_is_taken(database_url: str) -> None:
    campfire = campfire_for(database_url, drain_on_signal=False)
    async with campfire.lifespan():
        store = Store.of(campfire)
        conversation = await begin(store)
    with pytest.raises(StorageUnavailableError):
        await say(store, conversation, "late")
