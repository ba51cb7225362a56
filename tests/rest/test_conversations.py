"""Conversations and messages over REST."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.people import Desk


def test_begin_a_conversation(desk: Desk) -> None:
    visitor, agent = desk.visitor("mia", name="Mia", email="mia@shop.example"), desk.agent()
    begun = visitor.begin("Where is it?", subject="Order 42")
    assert begun["status"] == "open"
    assert begun["subject"] == "Order 42"
    assert begun["head"] == 1
    assert begun["counts"] == {"visitor": 1, "agent": 0}
    assert begun["unread"] == 0
    assert begun["last_message"]["text"] == "Where is it?"
    assert "contact" not in begun
    assert "tags" not in begun
    seen = agent.get(f"/conversations/{begun['id']}")
    assert seen["contact"] == {
        "id": visitor.id,
        "external_id": "mia",
        "verified": True,
        "name": "Mia",
        "email": "mia@shop.example",
        "avatar_url": None,
        "blocked": False,
    }
    assert seen["waiting_since"] == seen["created_at"]
    assert (seen["unread"], seen["priority"], seen["tags"]) == (1, None, [])


def test_beginning_twice_with_the_same_id_begins_once(desk: Desk) -> None:
    visitor = desk.visitor()
    message = {"body": "Once", "client_id": "first"}
    first = visitor.post("/conversations", {"message": message})
    again = visitor.post("/conversations", {"message": message}, 200)
    assert again["id"] == first["id"]
    header = visitor.post(
        "/conversations", {"message": {"body": "Once"}}, 200, **{"Idempotency-Key": "first"}
    )
    assert header["id"] == first["id"]
    visitor.post("/conversations", {"message": {"body": "Other", "client_id": "first"}}, 409)
    assert len(visitor.get("/conversations")["items"]) == 1


def test_an_agent_writes_first(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    visitor.begin()
    opened = agent.begin("Your parcel is late.", contact_id=visitor.id)
    assert opened["contact"]["id"] == visitor.id
    assert opened["id"] in [item["id"] for item in visitor.get("/conversations")["items"]]
    message = {"body": "Hello", "client_id": "x"}
    agent.post("/conversations", {"message": message}, 422)
    agent.post("/conversations", {"message": message, "contact_id": "vis_nobody"}, 422)
    stranger = desk.other().visitor()
    stranger.begin()
    agent.post("/conversations", {"message": message, "contact_id": stranger.id}, 422)
    visitor.post("/conversations", {"message": message, "contact_id": stranger.id}, 403)


def test_nothing_is_stored_before_the_first_message(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    visitor.get("/me")
    visitor.get("/conversations")
    message = {"body": "Hi", "client_id": "x"}
    agent.post("/conversations", {"message": message, "contact_id": visitor.id}, 422)


def test_lists_are_paged_newest_activity_first(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    begun = [visitor.begin(f"{n}")["id"] for n in range(7)]
    visitor.write(begun[2], "again")
    expected = [begun[2], *[item for item in begun[::-1] if item != begun[2]]]
    for person in (visitor, agent):
        found: list[str] = []
        cursor: dict[str, str] = {}
        pages = 0
        while True:
            page = person.get("/conversations", limit=3, **cursor)
            found += [item["id"] for item in page["items"]]
            pages += 1
            if page["next_cursor"] is None:
                break
            assert len(page["items"]) == 3
            cursor = {"cursor": page["next_cursor"]}
        assert found == expected
        assert pages == 3


def test_lists_filter_by_status_and_assignee(desk: Desk) -> None:
    visitor, ada, bob = desk.visitor(), desk.agent("ada"), desk.agent("bob")
    bob.get("/me")
    one, two, three = (visitor.begin(body)["id"] for body in ("1", "2", "3"))
    ada.patch(f"/conversations/{one}", {"assignee_id": ada.id})
    ada.patch(f"/conversations/{two}", {"assignee_id": bob.id, "status": "pending"})

    def ids(**query: str) -> list[str]:
        return [item["id"] for item in ada.get("/conversations", **query)["items"]]

    assert ids(assignee="me") == [one]
    assert ids(assignee="unassigned") == [three]
    assert ids(assignee=bob.id) == [two]
    assert ids(assignee="nobody") == []
    assert ids(status="pending") == [two]
    assert ids(status="open") == [three, one]
    assert ids(status="open", assignee="me") == [one]
    assert ids(status="resolved") == []
    ada.get("/conversations", 422, status="done")
    visitor.get("/conversations", 403, assignee="me")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "1.5", ""])
def test_bad_limits(desk: Desk, limit: str) -> None:
    visitor = desk.visitor()
    problem = visitor.get("/conversations", 422, limit=limit)
    assert problem["code"] == "invalid"
    assert problem["field"] == "limit"


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "bnVsbA", "W10", "WzFd", "ü", "a" * 600])
def test_bad_cursors(desk: Desk, cursor: str) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    for path in ("/conversations", f"/conversations/{conversation['id']}/messages"):
        problem = visitor.get(path, 422, cursor=cursor)
        assert problem["code"] in ("invalid_cursor", "invalid")


def test_messages_are_paged_newest_first_with_notes_for_agents(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("0")["id"]
    for n in range(1, 6):
        agent.write(conversation, f"note {n}", visibility="internal")
        visitor.write(conversation, f"{n}")
    path = f"/conversations/{conversation}/messages"
    page = agent.get(path, limit=4)
    assert [item["body"] for item in page["items"]] == ["5", "note 5", "4", "note 4"]
    bodies = [message["body"] for message in agent.thread(conversation)]
    assert bodies == ["0", *[text for n in range(1, 6) for text in (f"note {n}", f"{n}")]]
    assert [message["body"] for message in visitor.thread(conversation)] == [*"012345"]
    moments = [message["at"] for message in agent.thread(conversation)]
    assert moments == sorted(set(moments))


def test_editing_and_deleting(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("first")["id"]
    message = visitor.write(conversation, "tpyo")
    edited = visitor.patch(f"/messages/{message['id']}", {"body": "typo"})
    assert edited["body"] == "typo"
    assert edited["edited_at"] > message["at"]
    assert (edited["seq"], edited["at"]) == (message["seq"], message["at"])
    agent.patch(f"/messages/{message['id']}", {"body": "not mine"}, 403)
    agent.delete(f"/messages/{message['id']}", 403)
    deleted = visitor.delete(f"/messages/{message['id']}")
    assert (deleted["body"], deleted["edited_at"]) == ("", edited["edited_at"])
    assert deleted["deleted_at"]
    assert visitor.delete(f"/messages/{message['id']}") == deleted
    problem = visitor.patch(f"/messages/{message['id']}", {"body": "back"}, 409)
    assert problem["code"] == "message_deleted"
    kinds = [event["event"] for event in agent.events(f"conversation:{conversation}")]
    assert kinds == ["message.created", "message.created", "message.updated", "message.deleted"]
    for kind in ("typo", "tpyo"):
        # Whoever deletes a message means it: no replay brings its text back.
        assert kind not in str(agent.events(f"conversation:{conversation}"))
        assert kind not in str(agent.events(f"inbox:{desk.organization}")[-1])
    assert agent.get(f"/conversations/{conversation}")["last_message"]["text"] == ""


def test_a_deleted_messages_text_is_nowhere_any_more(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("hello")["id"]
    message = visitor.write(conversation, "my password is hunter2")
    visitor.delete(f"/messages/{message['id']}")
    seen = [
        agent.thread(conversation),
        agent.events(f"conversation:{conversation}"),
        agent.events(f"inbox:{desk.organization}"),
        agent.get("/conversations"),
    ]
    assert "hunter2" not in str(seen)


def test_admins_delete_what_others_wrote(desk: Desk) -> None:
    visitor, admin = desk.visitor(), desk.agent(role="admin")
    conversation = visitor.begin("first")["id"]
    message = visitor.write(conversation, "rude")
    admin.patch(f"/messages/{message['id']}", {"body": "polite"}, 403)
    assert admin.delete(f"/messages/{message['id']}")["deleted_at"]


def test_notes_are_edited_on_their_own_stream(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    note = agent.write(conversation, "VIP", visibility="internal")
    agent.patch(f"/messages/{note['id']}", {"body": "not a VIP"})
    visitor.patch(f"/messages/{note['id']}", {"body": "?"}, 404)
    visitor.delete(f"/messages/{note['id']}", 404)
    agent.delete(f"/messages/{note['id']}")
    assert len(agent.events(f"notes:{conversation}")) == 3
    assert len(agent.events(f"conversation:{conversation}")) == 1


def test_writes_with_an_idempotency_key_happen_once(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    path = f"/conversations/{conversation}"
    key = {"Idempotency-Key": secrets.token_hex(4)}
    agent.patch(path, {"status": "resolved"}, **key)
    agent.patch(path, {"status": "open"})
    agent.patch(path, {"status": "resolved"}, **key)
    assert agent.get(path)["status"] == "open"
    assert agent.patch(path, {"priority": "low"}, 409, **key)["code"] == "client_id_conflict"
    for bad in ("x" * 65, "a\tb"):
        agent.patch(path, {"status": "open"}, 422, **{"Idempotency-Key": bad})
    message = {"body": "x", "client_id": "a"}
    visitor.post(f"{path}/messages", message, 422, **{"Idempotency-Key": "b"})


def test_the_life_of_a_conversation(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent("ada", name="Ada")
    conversation = visitor.begin()["id"]
    path = f"/conversations/{conversation}"
    changed = agent.patch(
        path,
        {
            "assignee_id": agent.id,
            "priority": "urgent",
            "tags": ["billing", " late ", "billing"],
            "subject": "Late parcel",
        },
    )
    assert changed["assignee"] == {"id": agent.id, "name": "Ada", "avatar_url": None}
    assert (changed["priority"], changed["tags"]) == ("urgent", ["billing", "late"])
    assert visitor.get(path)["assignee"]["name"] == "Ada"
    agent.write(conversation, "Looking into it")
    answered = agent.get(path)
    assert answered["waiting_since"] is None
    assert answered["first_response_at"] == answered["last_message"]["at"]
    resolved = agent.patch(path, {"status": "resolved"})
    assert resolved["resolved_at"]
    visitor.write(conversation, "Still not here")
    reopened = agent.get(path)
    assert (reopened["status"], reopened["reopen_count"]) == ("open", 1)
    assert reopened["resolved_at"] is None
    cleared = agent.patch(path, {"priority": None, "assignee_id": None, "subject": None})
    assert (cleared["priority"], cleared["assignee"], cleared["subject"]) == (None, None, None)
    assert cleared["tags"] == ["billing", "late"]
    public = [event["event"] for event in visitor.events(f"conversation:{conversation}")]
    assert "conversation.priority_changed" not in public
    assert "conversation.tags_changed" not in public
    assert public.count("conversation.status_changed") == 2
    inbox = agent.events(f"inbox:{desk.organization}")
    assert {event["event"] for event in inbox} == {"conversation.updated", "tag.changed"}
    row = inbox[-1]["data"]
    assert {key: agent.get(path)[key] for key in row} == row


def test_snoozing(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    path = f"/conversations/{conversation}"
    later = "2099-01-01T09:00:00+01:00"
    snoozed = agent.patch(path, {"status": "snoozed", "snoozed_until": later})
    assert snoozed["snoozed_until"] == "2099-01-01T08:00:00.000000Z"
    for wrong in (
        {"status": "snoozed", "snoozed_until": "2001-01-01T00:00:00Z"},
        {"status": "snoozed", "snoozed_until": "tomorrow"},
        {"status": "snoozed", "snoozed_until": "2099-01-01T09:00:00"},
        {"status": "open", "snoozed_until": later},
    ):
        assert agent.patch(path, wrong, 422)["field"] == "snoozed_until"
    visitor.write(conversation, "Me again")
    awake = agent.get(path)
    assert (awake["status"], awake["snoozed_until"]) == ("open", None)
    assert "snoozed_until" not in visitor.get(path)


def test_a_snooze_ends_with_what_somebody_else_says(desk: Desk) -> None:
    """Not with a note, nor with a word of whoever has snoozed it; the event says why."""
    visitor, ada, ben = desk.visitor(), desk.agent(), desk.agent()
    about = visitor.begin()["id"]
    path = f"/conversations/{about}"

    def status() -> Any:
        return ada.get(path)["status"]

    def reasons() -> list[Any]:
        return [
            (event["data"]["actor"]["id"], event["data"]["reason"])
            for event in ada.events(f"conversation:{about}")
            if event["event"] == "conversation.status_changed" and event["data"]["status"] == "open"
        ]

    ada.patch(path, {"status": "snoozed"})
    ada.write(about, "I come back to you")
    ben.write(about, "He will", visibility="internal")
    assert status() == "snoozed"
    ben.write(about, "I can help already")
    assert (status(), reasons()) == ("open", [(ben.id, "agent_reply")])
    # Whoever sets another time is the one who waits for it then.
    ada.patch(path, {"status": "snoozed"})
    ben.patch(path, {"status": "snoozed", "snoozed_until": "2099-01-01T09:00:00Z"})
    ben.write(about, "In a while")
    assert status() == "snoozed"
    ada.write(about, "Now")
    woken = ada.get(path)
    assert (woken["status"], woken["snoozed_until"]) == ("open", None)
    assert reasons()[1:] == [(ada.id, "agent_reply")]
    ben.patch(path, {"status": "snoozed"})
    visitor.write(about, "Hello?")
    assert reasons()[2:] == [(visitor.id, "reply")]


def test_an_impossible_change_is_refused_with_the_present_state(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    about = visitor.begin()["id"]
    path = f"/conversations/{about}"
    past = {"status": "snoozed", "snoozed_until": "2001-01-01T00:00:00Z"}
    assert agent.patch(path, past, 422)["code"] == "snooze_in_past"
    resolved = agent.patch(path, {"status": "resolved"})
    refused = agent.patch(path, {"status": "snoozed", "tags": ["late"], "subject": "Tea"}, 409)
    assert (refused["code"], refused["field"]) == ("impossible_transition", "status")
    assert refused["details"]["status"] == "resolved"
    assert refused["details"].items() <= resolved.items()
    # Nothing of the change is stored, and what is so already is no change.
    assert agent.patch(path, {"status": "resolved"}) == resolved
    assert agent.get("/tags")["items"] == []
    # Resolved conversations are reopened, and then put away.
    for status in ("pending", "resolved", "open", "snoozed", "snoozed", "resolved"):
        assert agent.patch(path, {"status": status})["status"] == status
    told = [
        (event["data"]["previous"], event["data"]["status"], event["data"]["reason"])
        for event in agent.events(f"conversation:{about}")
        if event["event"] == "conversation.status_changed"
    ]
    assert told == [
        ("open", "resolved", None),
        ("resolved", "pending", None),
        ("pending", "resolved", None),
        ("resolved", "open", None),
        ("open", "snoozed", None),
        ("snoozed", "resolved", None),
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "done"}, "status"),
        ({"status": None}, "status"),
        ({"priority": "extreme"}, "priority"),
        ({"assignee_id": "nobody"}, "assignee_id"),
        ({"assignee_id": ""}, "assignee_id"),
        ({"assignee_id": 5}, "assignee_id"),
        ({"tags": [""]}, "tags"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags"),
        ({"tags": ["a\nb"]}, "tags"),
        ({"tags": "billing"}, "tags"),
        ({"subject": " "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"subject": "a\x00b"}, "subject"),
    ],
)
def test_bad_changes_change_nothing(desk: Desk, change: dict[str, Any], field: str) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    path = f"/conversations/{visitor.begin()['id']}"
    before = agent.get(path)
    problem = agent.patch(path, {**change}, 422)
    assert problem["field"].startswith(field)
    assert agent.get(path) == before
    visitor.patch(path, {"status": "resolved"}, 403)


def test_setting_what_already_holds_is_no_event(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    agent.patch(f"/conversations/{conversation}", {"status": "open", "tags": [], "priority": None})
    agent.patch(f"/conversations/{conversation}", {})
    assert len(agent.events(f"conversation:{conversation}")) == 1
    assert agent.events(f"notes:{conversation}") == []


def test_receipts(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()["id"]
    path = f"/conversations/{conversation}/receipts"
    assert agent.post(path, {"delivered": 1}, 200) == {"delivered": 1, "read": 0, "unread": 1}
    assert agent.post(path, {"read": 1}, 200) == {"delivered": 1, "read": 1, "unread": 0}
    assert agent.post(path, {"read": 0, "delivered": 0}, 200)["read"] == 1
    assert agent.post(path, {}, 200) == {"delivered": 1, "read": 1, "unread": 0}
    assert agent.post(path, {"read": 10**9}, 200)["read"] == 1
    agent.post(path, {"read": -1}, 422)
    (record,) = visitor.get(f"/conversations/{conversation}")["receipts"]
    assert record["participant"]["id"] == agent.id


def test_delivered_is_not_read(desk: Desk) -> None:
    """Each of the two has a value of its own, wherever they are shown."""
    visitor, agent, bob = desk.visitor(), desk.agent(), desk.agent()
    conversation = visitor.begin("1")["id"]
    for n in range(2, 6):
        visitor.write(conversation, f"{n}")
    path = f"/conversations/{conversation}"
    for person, marks, left in (
        (agent, {"delivered": 4, "read": 1}, 4),
        (bob, {"delivered": 3, "read": 2}, 3),
        (visitor, {"delivered": 5, "read": 4}, 0),
    ):
        assert person.post(f"{path}/receipts", marks, 200) == {**marks, "unread": left}
        # The one alone leaves the other where it was.
        for name in marks:
            again = person.post(f"{path}/receipts", {name: marks[name] - 1}, 200)
            assert again == {**marks, "unread": left}
        assert person.get(path)["unread"] == left
        (listed,) = person.get("/conversations")["items"]
        assert listed["unread"] == left
    for person in (agent, bob, visitor):
        shown = {
            record["participant"]["id"]: (record["delivered"], record["read"])
            for record in person.get(path)["receipts"]
        }
        assert shown == {agent.id: (4, 1), bob.id: (3, 2), visitor.id: (5, 4)}
