"""People who were never here: stored, assigned to and written to."""

from __future__ import annotations

import pytest

from campfire_chat import Role
from campfire_chat.core import ids
from tests.support.people import Desk


def test_an_agent_writes_to_somebody_who_was_never_here(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    contact = boss.put("/contacts/customer-17", {"name": "Mia", "email": "mia@example.org"})
    assert contact == {
        "id": ids.visitor_of(desk.organization, "customer-17"),
        "external_id": "customer-17",
        "verified": True,
        "name": "Mia",
        "email": "mia@example.org",
        "avatar_url": None,
    }
    opened = desk.agent().begin("Your order is late", contact_id=contact["id"])
    mia = desk.visitor("customer-17", name="Mia")
    assert [one["id"] for one in mia.get("/conversations")["items"]] == [opened["id"]]
    assert mia.thread(opened["id"])[0]["body"] == "Your order is late"
    assert desk.visitor("customer-18").get("/conversations")["items"] == []


def test_a_contact_is_put_again_and_again(desk: Desk, stranger_desk: Desk) -> None:
    boss, viewer = desk.agent(role=Role.ADMIN), desk.agent(role=Role.VIEWER)
    first = boss.put("/contacts/mia", {"name": "Mia"})
    assert boss.put("/contacts/mia", {"name": "Mia"}) == first
    second = boss.put("/contacts/mia", {"email": "mia@example.org"})
    assert (second["id"], second["name"]) == (first["id"], None)
    # By either id, by whoever may look.
    assert viewer.get("/contacts/mia") == viewer.get(f"/contacts/{first['id']}") == second
    for path in ("/contacts/mia", f"/contacts/{first['id']}"):
        stranger_desk.agent(role=Role.OWNER).get(path, 404)
        desk.visitor("mia").get(path, 403)
    viewer.put("/contacts/mia", {"name": "x"}, 403)
    boss.put(f"/contacts/{first['id']}", {"name": "x"}, 422)
    boss.put("/contacts/mia", {"name": "x" * 300}, 422)
    boss.put("/contacts/" + "x" * 129, {"name": "x"}, 422)


def test_what_a_contact_is_called_is_seen_in_their_conversations(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    conversation = desk.visitor("mia", name="Mia").begin()["id"]
    boss.put("/contacts/mia", {"name": "Mia Miller"})
    assert boss.get(f"/conversations/{conversation}")["contact"]["name"] == "Mia Miller"


def test_a_conversation_is_assigned_to_an_agent_who_never_signed_in(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    body = {"name": "Grace", "email": "grace@example.org", "avatar_url": "/grace.png"}
    grace = boss.put("/agents/grace", body)
    assert (grace["external_id"], grace["role"]) == ("grace", "agent")
    assert (grace["availability"], grace["assignable"]) == ("offline", True)
    conversation = desk.visitor().begin()["id"]
    boss.patch(f"/conversations/{conversation}", {"assignee_id": grace["id"]})
    signed_in = desk.agent("grace", name="Grace H.")
    assert signed_in.id == grace["id"]
    mine = signed_in.get("/conversations", assignee="me")["items"]
    assert [one["id"] for one in mine] == [conversation]
    # What they chose stays.
    signed_in.put(f"/agents/{grace['id']}/availability", {"availability": "away"})
    again = boss.put("/agents/grace", {**body, "role": "viewer"})
    assert (again["id"], again["assignable"]) == (grace["id"], False)


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("grace", {"name": ""}, 422),
        ("grace", {"name": "Grace", "role": "emperor"}, 422),
        ("grace", {}, 422),
        ("x" * 129, {"name": "Grace"}, 422),
    ],
)
def test_bad_agents(desk: Desk, who: str, body: dict[str, str], status: int) -> None:
    desk.agent(role=Role.ADMIN).put(f"/agents/{who}", body, status)
    desk.agent().put("/agents/grace", {"name": "Grace"}, 403)
