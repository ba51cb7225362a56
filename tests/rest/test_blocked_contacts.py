"""Blocked contacts write nothing: not over open sockets, not with other tokens, nowhere."""

from __future__ import annotations

import pytest

from campfire_chat import Role
from tests.support.client import Client
from tests.support.people import Desk

pytestmark = pytest.mark.anyio


async def test_whoever_is_blocked_writes_nothing(desk: Desk, stranger_desk: Desk) -> None:
    ada, viewer = desk.agent(name="Ada"), desk.agent(role=Role.VIEWER)
    mia, other_token = desk.visitor("mia", name="Mia"), desk.visitor("mia", name="Mia M.")
    talk = mia.begin("Hello")["id"]
    said = mia.write(talk, "Buy this", client_id="said")
    contact = f"/contacts/{mia.id}"
    async with Client(mia.base, mia) as socket:
        await socket.say(talk, "Buy that")
        for person, status in ((viewer, 403), (mia, 403), (stranger_desk.agent(), 404)):
            person.post(f"{contact}/block", {}, status)
        blocked = ada.post(f"{contact}/block", {}, 200)
        assert blocked["blocked"] is True
        assert ada.post("/contacts/mia/block", {}, 200) == blocked
        refused = await socket.request(
            {"type": "message.send", "id": "late", "conversation_id": talk, "body": "Buy!"}
        )
        assert (refused["type"], refused["code"], refused["final"]) == (
            *("error", "contact_blocked"),
            True,
        )
    later = desk.visitor("mia", name="Mia")
    for person in (mia, other_token, later):
        no = person.write(talk, "Buy!", 403)
        assert (no["code"], no["detail"]) == ("contact_blocked", "You cannot write here any more.")
        body = {"message": {"body": "Buy!", "client_id": "x"}}
        assert person.post("/conversations", body, 403)["code"] == "contact_blocked"
        person.patch(f"/messages/{said['id']}", {"body": "Buy!"}, 403)
        kept = person.delete(f"/messages/{said['id']}", 403)
        assert kept["code"] == "contact_blocked"
    # What was stored before is still known, and still read.
    body = {"body": "Buy this", "client_id": "said"}
    assert mia.post(f"/conversations/{talk}/messages", body, 200)["id"] == said["id"]
    assert [message["body"] for message in later.thread(talk)] == ["Hello", "Buy this", "Buy that"]
    # Agents see it, and may write.
    assert viewer.get(f"/conversations/{talk}")["contact"]["blocked"] is True
    assert [one["id"] for one in viewer.get("/contacts", blocked="true")["items"]] == [mia.id]
    assert viewer.get("/contacts", blocked="false")["items"] == []
    ada.write(talk, "Please stop.")
    assert desk.visitor("zoe").begin("Hello")["id"]

    assert ada.post(f"{contact}/unblock", {}, 200)["blocked"] is False
    mia.write(talk, "Sorry")
    told = [item for item in viewer.get(f"{contact}/timeline")["items"] if "block" in item["kind"]]
    assert [(item["kind"], item["actor"]["name"]) for item in told] == [
        ("unblocked", "Ada"),
        ("blocked", "Ada"),
    ]
    events = ada.events(f"inbox:{desk.organization}")
    changes = [event["data"] for event in events if event["event"] == "contact.updated"]
    assert [change["fields"] for change in changes if change["fields"] == ["blocked"]] == [
        ["blocked"],
        ["blocked"],
    ]
    notes = ada.events(f"notes:{talk}")
    assert [event["data"]["blocked"] for event in notes] == [True, False]


def test_a_stranger_is_blocked(desk: Desk) -> None:
    default = Desk(desk.base, "default")
    stranger = default.anonymous()
    talk = stranger.begin("Hello")["id"]
    default.agent().post(f"/contacts/{stranger.id}/block", {}, 200)
    stranger.write(talk, "Hello?", 403)
    assert default.anonymous().begin("Another one")["id"]
