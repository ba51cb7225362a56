"""A visitor and an agent talk over one socket each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.people import Desk

pytestmark = pytest.mark.anyio


async def test_a_visitor_and_an_agent_talk(desk: Desk, connect: Any) -> None:
    visitor, agent = desk.visitor(name="Mia"), desk.agent(name="Ada")
    conversation = visitor.begin("Where is my order?")
    stream = f"conversation:{conversation['id']}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(stream)
    await his.subscribe(stream)
    await his.subscribe(f"inbox:{desk.organization}")

    asked = await hers.say(conversation["id"], "Number 42.")
    assert asked["type"] == "ok"
    assert asked["duplicate"] is False
    answered = await his.say(conversation["id"], "On its way.")
    assert answered["seq"] == asked["seq"] + 1

    for client in (hers, his):
        view = await client.until_seq(stream, answered["seq"] + 1)
        *said, taken = view.applied
        bodies = [event["data"]["body"] for event in said]
        assert bodies == ["Where is my order?", "Number 42.", "On its way."]
        assert taken["event"] == "conversation.assignee_changed"
        assert taken["data"]["assignee"]["name"] == "Ada"
        assert [event["seq"] for event in view.applied] == [1, 2, 3, 4]
