"""Visitors see who answers them by an id of the desk's own, never by the host's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.core import ids
from tests.support.client import Client
from tests.support.people import Desk

#: Nothing else has this in it.
HOST_ID = "staff-4711@corp.example"

KEY = b"k" * 32


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_an_id_stands_for_one_agent(org: str, one: str, other_org: str, other: str) -> None:
    same = (org, one) == (other_org, other)
    assert (ids.agent_of(KEY, org, one) == ids.agent_of(KEY, other_org, other)) is same
    assert ids.agent_of(KEY, org, one) != ids.agent_of(b"j" * 32, org, one)
    assert ids.agent_of(KEY, org, one).startswith("agt_")


@pytest.mark.anyio
async def test_nothing_that_reaches_a_visitor_has_the_hosts_id(desk: Desk, connect: Any) -> None:
    visitor, agent = desk.visitor(), desk.agent(HOST_ID, name="Ada")
    conversation = visitor.begin("Hello?")["id"]
    path, stream = f"/conversations/{conversation}", f"conversation:{conversation}"
    theirs: Client = await connect(visitor)
    await theirs.subscribe(stream)
    ours: Client = await connect(agent)
    await ours.subscribe(stream)
    await ours.send({"type": "typing", "conversation_id": conversation, "active": True})
    await theirs.until_frame("typing")
    agent.patch(path, {"assignee_id": agent.id, "subject": "Tea"})
    written = agent.write(conversation, "Good morning.")
    agent.patch(f"/messages/{written['id']}", {"body": "Good evening."})
    agent.delete(f"/messages/{agent.write(conversation, 'Oh.')['id']}")
    agent.post(f"{path}/receipts", {"delivered": 1, "read": 1}, 200)
    await theirs.until_frame("receipt")
    agent.put(f"/agents/{agent.id}/availability", {"availability": "busy"})
    await theirs.until_frame("presence", availability="busy")
    agent.patch(path, {"status": "pending"})
    head = visitor.get(path)["head"]
    await theirs.until_seq(stream, head)
    late: Client = await connect(visitor)
    await late.subscribe(stream, after=0)
    await late.until_seq(stream, head)
    shown = {
        "live": theirs.frames,
        "replayed": late.frames,
        "conversation": visitor.get(path),
        "conversations": visitor.get("/conversations"),
        "messages": visitor.get(f"{path}/messages"),
        "events": visitor.events(stream),
    }
    for name, what in shown.items():
        text = json.dumps(what)
        assert HOST_ID not in text, name
        assert agent.id in text, name


def test_colleagues_see_both_ids(desk: Desk) -> None:
    agent, colleague = desk.agent(HOST_ID), desk.agent()
    assert agent.id.startswith("agt_")
    listed = {item["id"]: item["external_id"] for item in colleague.get("/agents")["items"]}
    assert listed[agent.id] == HOST_ID
    # The host's id names nobody in the desk's own paths.
    colleague.get(f"/agents/{HOST_ID}/availability", 404)
    assert desk.agent(HOST_ID).id == agent.id


def test_an_agent_without_a_name_is_not_called_by_the_hosts_id(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent(HOST_ID, name="\x00 ")
    conversation = visitor.begin("Hello?")["id"]
    agent.write(conversation, "Good morning.")
    agent.patch(f"/conversations/{conversation}", {"assignee_id": agent.id})
    shown = [visitor.get(f"/conversations/{conversation}"), visitor.thread(conversation)]
    assert HOST_ID not in json.dumps(shown)
    assert visitor.thread(conversation)[-1]["sender"]["name"] == "Agent"


def test_an_agent_of_another_organisation_is_somebody_else(desk: Desk, stranger_desk: Desk) -> None:
    assert desk.agent(HOST_ID).id != stranger_desk.agent(HOST_ID).id
