"""Notifications over REST: who is told of what, and what takes it back."""

from __future__ import annotations

from typing import Any

import pytest

from campfire_chat import Role
from tests.rest.test_mentions import at
from tests.support.people import Desk, Person
from tests.support.servers import eventually


def told(person: Person, **more: Any) -> list[tuple[str, str, bool]]:
    """The kind, the conversation and whether it is read, the newest first."""
    page = person.get("/notifications", **more)
    return [(one["kind"], one["conversation_id"], one["read"]) for one in page["items"]]


def unread(person: Person) -> int:
    return person.get("/notifications/count")["unread"]


def settle(desk: Desk, *people: Person) -> None:
    """Wait until everything that has happened was told: each is mentioned now, hears of that, and
    marks it as read. Events are told in their order."""
    about = desk.visitor().begin("A fence")["id"]
    for person in people:
        desk.agent(role=Role.ADMIN).write(about, at(person.id), visibility="internal")
        eventually(lambda person=person: ("mention", about, False) in told(person))
        person.post("/notifications/read", {"conversation_id": about}, 200)


def without_fences(person: Person, **more: Any) -> list[tuple[str, str, bool]]:
    page = person.get("/notifications", **more)
    return [
        (one["kind"], one["conversation_id"], one["read"])
        for one in page["items"]
        if one["text"] is None or not one["text"].startswith("<@")
    ]


def test_an_agent_is_told_and_acting_clears_it(desk: Desk) -> None:
    boss, ada, ben = desk.agent(name="Bo", role=Role.ADMIN), desk.agent(), desk.agent()
    mia = desk.visitor(name="Mia")
    about = mia.begin("Hello?", subject="Kettle")["id"]
    boss.patch(f"/conversations/{about}", {"assignee_id": ada.id})
    first = mia.write(about, "Is anybody\nthere?")
    mia.write(about, "Hello??")
    settle(desk, ada, ben)
    assert without_fences(ada) == [("reply", about, False), ("assignment", about, False)]
    assert without_fences(ben) == []
    reply, assignment = (
        one for one in ada.get("/notifications", unread="true")["items"] if not one["read"]
    )
    assert reply == {
        "id": reply["id"],
        "kind": "reply",
        "conversation_id": about,
        "number": boss.get(f"/conversations/{about}")["number"],
        "subject": "Kettle",
        "contact_name": "Mia",
        # The first that Ada has not seen.
        "message_id": first["id"],
        "text": "Is anybody there?",
        "actor": {"kind": "visitor", "id": mia.id, "name": "Mia", "avatar_url": None},
        "at": first["at"],
        "read": False,
    }
    assert (assignment["message_id"], assignment["text"]) == (None, None)
    assert assignment["actor"]["name"] == "Bo"
    assert unread(ada) == 2

    # A deleted message is not quoted.
    mia.delete(f"/messages/{first['id']}")
    assert ada.get("/notifications", unread="true")["items"][0]["text"] is None

    # Whoever answers knows.
    ada.write(about, "Yes")
    eventually(lambda: unread(ada) == 0)
    assert without_fences(ada) == [("reply", about, True), ("assignment", about, True)]
    # The next question is news again, at the top of the list, and only once there.
    mia.write(about, "Thanks")
    eventually(lambda: unread(ada) == 1)
    assert without_fences(ada)[0] == ("reply", about, False)
    assert len(without_fences(ada)) == 2
    # So does changing the status.
    ada.patch(f"/conversations/{about}", {"status": "resolved"})
    eventually(lambda: unread(ada) == 0)


def test_what_goes_to_a_colleague_is_no_business_of_the_one_before(desk: Desk) -> None:
    boss, ada, ben = desk.agent(role=Role.ADMIN), desk.agent(), desk.agent()
    mia = desk.visitor()
    about = mia.begin("Hello?")["id"]
    path = f"/conversations/{about}"
    boss.patch(path, {"assignee_id": ada.id})
    note = boss.write(about, at(ada.id), visibility="internal")
    mia.write(about, "Anybody?")
    eventually(lambda: unread(ada) == 3)
    boss.patch(path, {"assignee_id": ben.id})
    eventually(lambda: unread(ada) == 1)
    # A mention stays: somebody wants something of Ada.
    assert told(ada, unread="true") == [("mention", about, False)]
    assert ada.get("/notifications", unread="true")["items"][0]["message_id"] == note["id"]
    eventually(lambda: told(ben) == [("assignment", about, False)])
    # Nobody is told of what they do themselves.
    ben.patch(path, {"assignee_id": None})
    ben.patch(path, {"assignee_id": ben.id})
    settle(desk, ben)
    assert without_fences(ben) == [("assignment", about, True)]


def test_each_mention_is_told_and_marked_by_conversation_or_time(desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent()
    one, two = (desk.visitor().begin()["id"] for _ in range(2))
    for about in (one, one, two):
        boss.write(about, f"{at(ada.id)} {about}", visibility="internal")
    eventually(lambda: unread(ada) == 3)
    newest, middle, oldest = ada.get("/notifications")["items"]
    assert [each["conversation_id"] for each in (newest, middle, oldest)] == [two, one, one]
    page = ada.get("/notifications", limit=2)
    rest = ada.get("/notifications", limit=2, cursor=page["next_cursor"])
    assert ([*page["items"], *rest["items"]], rest["next_cursor"]) == (
        [newest, middle, oldest],
        None,
    )
    body = {"conversation_id": one, "until": oldest["at"]}
    assert ada.post("/notifications/read", body, 200) == {"unread": 2}
    assert told(ada, unread="true") == [("mention", two, False), ("mention", one, False)]
    assert ada.post("/notifications/read", {"conversation_id": one}, 200) == {"unread": 1}
    assert ada.post("/notifications/read", {}, 200) == {"unread": 0}
    # The agent's other devices learn of both, and of no text.
    events = [
        (event["event"], event["data"].get("conversation_id"))
        for event in ada.events(f"agent:{ada.id}")
        if event["event"].startswith("notification.")
    ]
    assert events == [
        *[("notification.created", about) for about in (one, one, two)],
        *[("notification.read", None)] * 3,
    ]
    # Once more is no change.
    assert ada.post("/notifications/read", {}, 200) == {"unread": 0}
    assert len(ada.events(f"agent:{ada.id}")) == 9


@pytest.mark.parametrize("kind", ["mentions", "assignments", "replies"])
def test_an_agent_chooses_what_to_be_told(desk: Desk, kind: str) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent()
    ada.patch("/me/settings", {f"notify_{kind}": False})
    mia = desk.visitor()
    about = mia.begin()["id"]
    boss.patch(f"/conversations/{about}", {"assignee_id": ada.id})
    boss.write(about, at(ada.id), visibility="internal")
    mia.write(about, "Hello?")
    # What comes after the message is told after it.
    behind = mia.begin()["id"]
    boss.patch(f"/conversations/{behind}", {"assignee_id": ada.id})
    boss.write(behind, at(ada.id), visibility="internal")
    last = "assignment" if kind == "mentions" else "mention"
    eventually(lambda: (last, behind, False) in told(ada))
    ada.patch("/me/settings", {f"notify_{kind}": None})
    other = mia.begin()["id"]
    boss.write(other, at(ada.id), visibility="internal")
    eventually(lambda: ("mention", other, False) in told(ada))
    missing = {"mentions": "mention", "assignments": "assignment", "replies": "reply"}[kind]
    assert missing not in {name for name, where, _ in told(ada) if where == about}


def test_whoever_may_not_see_it_learns_nothing(desk: Desk, stranger_desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent()
    about = desk.visitor().begin()["id"]
    note = boss.write(about, at(ada.id), visibility="internal")
    eventually(lambda: unread(ada) == 1)
    stranger = stranger_desk.agent(role=Role.OWNER)
    assert (told(stranger), unread(stranger)) == ([], 0)
    stranger.post("/notifications/read", {"conversation_id": about}, 200)
    desk.visitor().get("/notifications", 403)
    desk.visitor().post("/notifications/read", {}, 403)
    assert unread(ada) == 1
    assert ada.get("/notifications")["items"][0]["text"] == note["body"]
    ada.get("/notifications", 422, cursor="x")
    ada.get("/notifications", 422, unread="perhaps")
    ada.post("/notifications/read", {"until": "yesterday"}, 422)


def test_what_is_hidden_now_is_neither_counted_nor_marked(desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent(name="Ada", email="labels:vip")
    ada.get("/me")
    about = desk.visitor().begin()["id"]
    path = f"/conversations/{about}"
    boss.patch(path, {"access_labels": ["vip"]})
    boss.write(about, at(ada.id), visibility="internal")
    eventually(lambda: unread(ada) == 1)
    boss.patch(path, {"access_labels": ["emea"]})
    assert (unread(ada), told(ada)) == (0, [])
    for body in ({}, {"conversation_id": about}):
        assert ada.post("/notifications/read", body, 200) == {"unread": 0}
    boss.patch(path, {"access_labels": ["vip"]})
    assert told(ada) == [("mention", about, False)]
