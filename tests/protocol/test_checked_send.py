"""Replies that are held, since a colleague has answered: over sockets and REST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from campfire_chat import Agent, Role
from campfire_chat.access.records import Participant, SenderKind
from campfire_chat.core import clock
from campfire_chat.features.messages import queries, sending
from campfire_chat.features.messages.codec import MESSAGE_ROWS
from campfire_chat.features.messages.records import Message, MessageKind, Visibility
from campfire_chat.features.messages.rules import MOST_LOOKED_AT, MOST_TOLD
from campfire_chat.ledger.operation import Operation
from campfire_chat.ledger.transaction import Transaction
from campfire_chat.settings import Settings
from tests.support.host import agent_actor
from tests.support.people import Desk
from tests.support.store import Store

pytestmark = pytest.mark.anyio

Connect = Any


class Write(Operation[None]):
    """A row of a message, as it is."""

    appends = False

    def __init__(self, row: Any) -> None:
        super().__init__(agent_actor(Agent(id="boss", name="Bo", role=Role.ADMIN)))
        self._row = row

    async def run(self, transaction: Transaction) -> None:
        await transaction.session.write(queries.INSERT_MESSAGES, [self._row])


def bodies(thread: list[dict[str, Any]]) -> list[str]:
    return [message["body"] for message in thread]


async def test_a_reply_waits_when_a_colleague_has_answered(desk: Desk, connect: Connect) -> None:
    ada, ben, mia = desk.agent(name="Ada"), desk.agent(name="Ben"), desk.visitor()
    about = mia.begin("Where is it?")["id"]
    seen = ada.get(f"/conversations/{about}")["head"]
    answer = ben.write(about, "In the post.", seen=seen)
    more = mia.write(about, "Since when?")
    client = await connect(ada)
    held = await client.say(about, "I will look", id="mine", seen=seen)
    shown = [
        {"id": item["id"], "seq": item["seq"], "at": item["at"], "sender": item["sender"]}
        | {"text": item["body"]}
        for item in (answer, more)
    ]
    head = ada.get(f"/conversations/{about}")["head"]
    details = {"head": head, "messages": shown}
    assert held == {
        "type": "error",
        "id": "mine",
        "code": "answered_since",
        "message": "A colleague has answered since.",
        "final": True,
        "details": details,
    }
    problem = ada.write(about, "I will look", 412, seen=seen, client_id="mine")
    assert (problem["code"], problem["details"]) == ("answered_since", details)
    assert bodies(ada.thread(about)) == ["Where is it?", "In the post.", "Since when?"]
    # Whoever has seen the difference sends the same again.
    sent = await client.say(about, "I will look", id="mine", seen=head)
    assert (sent["type"], sent["duplicate"]) == ("ok", False)
    # An answer that was lost on its way is asked for again: the reply is stored, whatever was said
    # since.
    ben.write(about, "Found it.")
    again = await client.say(about, "I will look", id="mine", seen=head)
    assert again == {**sent, "duplicate": True}


async def test_who_has_seen_it_or_does_not_say_so_is_not_held(desk: Desk) -> None:
    ada, ben, mia = desk.agent(name="Ada"), desk.agent(name="Ben"), desk.visitor()
    about = mia.begin()["id"]
    answer = ben.write(about, "Hello!")
    # Without `seen`, with what was seen, with more than there is; what is no reply; a visitor.
    ada.write(about, "1")
    ada.write(about, "2", seen=answer["seq"])
    ada.write(about, "3", seen=2**53 - 1)
    ada.write(about, "note", visibility="internal", seen=0)
    mia.write(about, "4", seen=0)
    # One's own from elsewhere, and what the visitor adds.
    ben.write(about, "5", seen=ada.get(f"/conversations/{about}")["head"])
    ben.write(about, "6", seen=ben.thread(about)[-2]["seq"])
    ada.write(about, "7", 412, seen=answer["seq"])
    ada.write(about, "8", 422, seen=-1)
    # A deleted answer is none.
    sara = desk.agent(name="Sara")
    other = mia.begin()["id"]
    answer = ben.write(other, "Wrong window")
    ben.delete(f"/messages/{answer['id']}")
    sara.write(other, "Hello!", seen=1)


async def test_it_looks_at_the_newest_and_tells_a_few(desk: Desk) -> None:
    ada, ben, mia = desk.agent(name="Ada"), desk.agent(name="Ben"), desk.visitor()
    about = mia.begin()["id"]
    ben.write(about, "Hello!")
    for number in range(MOST_LOOKED_AT - 1):
        mia.write(about, str(number))
    held = ada.write(about, "Hello!", 412, seen=1)["details"]
    assert [preview["text"] for preview in held["messages"]] == [
        str(number) for number in range(MOST_LOOKED_AT - 1)
    ][-MOST_TOLD:]
    # However much the visitor has added, the answer holds it.
    mia.write(about, "one more")
    held = ada.write(about, "Hello!", 412, seen=1)["details"]
    assert held["messages"][-1]["text"] == "one more"


async def test_who_is_too_far_behind_has_to_look(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_BEHIND", 3)
    ada, mia = desk.agent(name="Ada"), desk.visitor()
    about = mia.begin("0")["id"]
    for number in range(1, 4):
        mia.write(about, str(number))
    head = ada.get(f"/conversations/{about}")["head"]
    held = ada.write(about, "Hello!", 412, seen=head - 4)["details"]
    assert held["head"] == head
    ada.write(about, "Hello!", seen=head - 3)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = Store(database_url, settings=Settings(), on_commit=lambda *_: None, now=clock.now)
    await store.start()
    yield store
    await store.stop()


async def test_only_a_colleague_who_still_says_something_has_answered(store: Store) -> None:
    ada = Participant(SenderKind.AGENT, "ada", "Ada", None)
    ben = structs.replace(ada, id="ben")
    later = 0

    async def say(sender: Participant, **more: Any) -> None:
        nonlocal later
        later += 1
        message = Message(
            id=f"msg_{later}",
            conversation_id="conv_1",
            visibility=Visibility.PUBLIC,
            seq=later,
            at="2026-01-31T09:00:00.000000Z",
            sender=sender,
            kind=MessageKind.TEXT,
            body="Hello",
            client_id=str(later),
        )
        message = structs.replace(message, **more)
        row = MESSAGE_ROWS.write(message, "default", str(later), later)
        await store.storage.submit(Write(row))

    async def is_answered(seen: int = 0) -> bool:
        return await store.storage.read(
            lambda session: queries.is_answered(session, "default", "conv_1", seen, ada)
        )

    await say(ada)
    # The same id as an agent's is another person.
    for kind in SenderKind:
        if kind is not SenderKind.AGENT:
            await say(structs.replace(ben, kind=kind))
    await say(ben, deleted_at="2026-01-31T09:01:00.000000Z")
    await say(ben, visibility=Visibility.INTERNAL)
    await say(ben, conversation_id="conv_2")
    assert not await is_answered()
    await say(ben)
    answer = later
    await say(ada)
    assert await is_answered()
    assert await is_answered(answer - 1)
    assert not await is_answered(answer)


async def test_of_agents_who_answer_at_once_one_is_first(desk: Desk, connect: Connect) -> None:
    mia = desk.visitor()
    agents = [desk.agent(name=name) for name in ("Ada", "Ben", "Cleo")]
    clients = [await connect(agent) for agent in agents]
    for turn in range(10):
        begun = mia.begin(f"Question {turn}")
        about, seen = begun["id"], begun["head"]
        answers = await asyncio.gather(
            *(
                client.say(about, agent.me["name"], seen=seen, id=f"{turn}")
                for client, agent in zip(clients, agents, strict=True)
            )
        )
        assert sorted(answer["type"] for answer in answers) == ["error", "error", "ok"]
        _, first = bodies(mia.thread(about))
        for answer, agent in zip(answers, agents, strict=True):
            if answer["type"] == "ok":
                assert first == agent.me["name"]
                continue
            assert answer["code"] == "answered_since"
            assert [said["text"] for said in answer["details"]["messages"]] == [first]
