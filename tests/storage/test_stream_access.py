"""Who may subscribe to a stream, where it stands, and what a narrowed agent reads there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import UNSET, structs

from campfire_chat.access.actor import Actor, actor_of_visitor
from campfire_chat.access.records import Agent, Role, Visitor
from campfire_chat.core.errors import NotFoundError
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.features.conversations.aggregate import CONVERSATIONS
from campfire_chat.features.conversations.rules import Patch
from campfire_chat.features.messages.records import Visibility
from tests.support.host import agent_actor
from tests.support.store import Store
from tests.support.talk import store_on
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

MIA = actor_of_visitor(Visitor(id="mia", name="Mia"))
TOM = actor_of_visitor(Visitor(id="tom", name="Tom"))
#: An id as agents have it, so that notes can mention her.
_BEA = agent_actor(Agent(id="bea", name="Bea"))
BEA = structs.replace(_BEA, principal=structs.replace(_BEA.principal, id=f"agt_{'b' * 26}"))
ADMIN = agent_actor(Agent(id="ada", name="Ada", role=Role.ADMIN))


def narrowed(*labels: str) -> Actor:
    return structs.replace(BEA, labels=frozenset(labels))


@pytest.fixture
async def store(database_url: str, anyio_backend: str) -> AsyncIterator[Store]:
    async with store_on(database_url) as started:
        yield started


@pytest.fixture
async def desk(store: Store) -> tuple[str, str]:
    """A conversation for everybody and one with the label ``vip``; Bea is mentioned in both."""
    await store.agents.remember(ADMIN)
    await store.agents.remember(BEA)
    everybodys, _ = await store.conversations.open(MIA, client_id="1", body="Hello")
    labelled, _ = await store.conversations.open(TOM, client_id="2", body="Hello")
    await store.conversations.change(ADMIN, labelled.id, Patch(access_labels=["vip"]), UNSET)
    for one in (everybodys.id, labelled.id):
        await store.messages.send(
            *(ADMIN, one),
            client_id=f"note in {one}",
            body=f"<@{BEA.principal.id}>",
            visibility=Visibility.INTERNAL,
        )
    return everybodys.id, labelled.id


def names(*conversations: str) -> list[str]:
    return [f"{kind}:{one}" for one in conversations for kind in ("conversation", "notes")]


async def admitted(store: Store, actor: Actor, wanted: list[str]) -> dict[str, int]:
    """The heads of those of the streams that somebody may see."""
    found: dict[str, int] = {}
    for name in wanted:
        try:
            found[name] = await store.storage.authorize_stream(actor, name)
        except NotFoundError:
            continue
    return found


async def test_everybody_is_let_into_their_own_streams_where_these_stand(
    store: Store, desk: tuple[str, str], database_url: str
) -> None:
    everybodys, labelled = desk
    heads = Truth(database_url).heads("default")
    mine, toms = f"visitor:{MIA.principal.id}", f"visitor:{TOM.principal.id}"
    hers, adas = f"agent:{BEA.principal.id}", "agent:ada"
    wanted = [
        *names(everybodys, labelled, "conv_none"),
        *("inbox:default", "inbox:acme", mine, toms, hers, adas, "inbox", "inbox:", "later:x"),
    ]

    def these(*some: str) -> dict[str, int]:
        return {name: heads.get(name, 0) for name in some}

    inbox = "inbox:default"
    for actor, seen in (
        (MIA, these(f"conversation:{everybodys}", mine)),
        (TOM, these(f"conversation:{labelled}", toms)),
        (ADMIN, these(*names(everybodys, labelled), inbox, adas)),
        (BEA, these(*names(everybodys, labelled), inbox, hers)),
        (narrowed("vip"), these(*names(everybodys, labelled), inbox, hers)),
        (narrowed("emea"), these(*names(everybodys), inbox, hers)),
        (agent_actor(Agent(id="ada", name="Ada", organization="acme")), {"inbox:acme": 0, adas: 0}),
    ):
        assert await admitted(store, actor, wanted) == seen, actor
    assert heads[f"notes:{labelled}"] > heads[f"conversation:{labelled}"]


async def test_what_a_narrowed_agent_may_not_see_is_a_seq_without_content(
    store: Store, desk: tuple[str, str], database_url: str
) -> None:
    """In pages of the inbox and of their own stream, by the labels that a thing has now."""
    everybodys, labelled = desk
    log = Truth(database_url).streams("default")
    own = f"agent:{BEA.principal.id}"

    def about(event: dict[str, Any]) -> str | None:
        data = event["data"]
        return data.get("conversation_id", data.get("id"))

    for stream in ("inbox:default", own):
        assert {everybodys, labelled} <= {about(event) for event in log[stream]}
        for actor, hidden in (
            (BEA, set[str]()),
            (narrowed("vip", "emea"), set[str]()),
            (narrowed(), {labelled}),
            (narrowed("emea"), {labelled}),
        ):
            for after, limit in ((0, 200), (1, 2), (len(log[stream]) - 1, 1)):
                page = await store.storage.stream_page_for(actor, stream, after, limit)
                expected: list[dict[str, Any]] = [
                    {**event, "event": "hidden", "data": {}} if about(event) in hidden else event
                    for event in log[stream][after : after + limit]
                ]
                assert [json.loads(text) for _, text in page.events] == expected
                assert [seq for seq, _ in page.events] == [event["seq"] for event in expected]
                assert (page.head, page.first) == (len(log[stream]), after + 1)
                assert page.more is (after + limit < len(log[stream]))
            # There is nothing behind the end.
            page = await store.storage.stream_page_for(actor, stream, len(log[stream]))
            assert (page.events, page.more) == ([], False)
    # What is about one thing alone is read whole by those who were let in.
    stream = f"notes:{labelled}"
    page = await store.storage.stream_page_for(narrowed("vip"), stream, 0)
    assert [json.loads(text) for _, text in page.events] == log[stream]


async def test_a_conversation_that_was_opened_up_again_shows_what_has_happened(
    store: Store, desk: tuple[str, str]
) -> None:
    _, labelled = desk
    await store.conversations.change(ADMIN, labelled, Patch(access_labels=[]), UNSET)
    for stream in ("inbox:default", f"agent:{BEA.principal.id}"):
        page = await store.storage.stream_page_for(narrowed(), stream, 0)
        assert [json.loads(text)["event"] for _, text in page.events].count("hidden") == 0


@pytest.mark.parametrize("in_hand", [True, False])
async def test_a_write_is_let_into_the_queue_for_those_who_may_see_what_it_is_about(
    store: Store, desk: tuple[str, str], database_url: str, in_hand: bool
) -> None:
    everybodys, labelled = desk

    async def admitted_by(store: Store, actor: Actor, one: str) -> bool:
        try:
            await store.storage.admit_writer(CONVERSATIONS, actor, one)
        except NotFoundError:
            return False
        return True

    async with store_on(database_url) as other:
        asked = store if in_hand else other
        for actor, expected in (
            (MIA, [True, False, False]),
            (TOM, [False, True, False]),
            (narrowed("vip"), [True, True, False]),
            (narrowed("emea"), [True, False, False]),
            # Whoever sees everything is not looked up; the operation itself finds nothing.
            (ADMIN, [True, True, True]),
            (structs.replace(ADMIN, permissions=frozenset()), [False, False, False]),
        ):
            wanted = (everybodys, labelled, "conv_none")
            assert [await admitted_by(asked, actor, one) for one in wanted] == expected, actor


async def test_settings_of_ones_own_are_told_to_oneself(
    store: Store, desk: tuple[str, str], database_url: str
) -> None:
    """Such an event is about no thing that could be hidden."""
    own = f"agent:{BEA.principal.id}"
    before = await store.storage.authorize_stream(BEA, own)
    await store.runtime_settings.change(BEA, Scope.AGENT, {"theme": "dark"}, client_id=None)
    assert await store.storage.authorize_stream(BEA, own) == before + 1
    page = await store.storage.stream_page_for(narrowed(), own, before)
    assert [json.loads(text) for _, text in page.events] == [
        Truth(database_url).streams("default")[own][-1]
    ]


async def test_what_is_not_understood_is_for_those_who_see_everything(
    store: Store, desk: tuple[str, str], database_url: str
) -> None:
    """A newer version wrote it: whom it is about, this one cannot tell."""
    truth = Truth(database_url)
    event = truth.streams("default")["inbox:default"][0]
    later = json.dumps({**event, "event": "later.thing", "data": [{"about": "whom?"}]})
    truth.write(
        "UPDATE campfire_events SET payload = ? WHERE stream = 'inbox:default' AND seq = 1", later
    )
    page = await store.storage.stream_page_for(BEA, "inbox:default", 0, 1)
    assert page.events == [(1, later)]
    page = await store.storage.stream_page_for(narrowed("vip"), "inbox:default", 0, 1)
    ((_, text),) = page.events
    assert json.loads(text) == {**event, "event": "hidden", "data": {}}
    # What it says of labels is understood, whatever else it is.
    about = {**event, "event": "later.thing", "data": {"id": "x", "access_labels": ["vip"]}}
    truth.write(
        "UPDATE campfire_events SET payload = ? WHERE stream = 'inbox:default' AND seq = 1",
        json.dumps(about),
    )
    seen = ((BEA, "later.thing"), (narrowed("vip"), "later.thing"), (narrowed("emea"), "hidden"))
    for actor, shown in seen:
        page = await store.storage.stream_page_for(actor, "inbox:default", 0, 1)
        assert [json.loads(text)["event"] for _, text in page.events] == [shown]
