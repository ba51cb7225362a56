"""What happened to a conversation: who sees it, in which order, page by page."""

from __future__ import annotations

from typing import Any

from campfire_chat import Role
from tests.support.people import Desk, Person


def history(person: Person, conversation: str, **query: Any) -> list[dict[str, Any]]:
    """All pages, the latest first."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = person.get(f"/conversations/{conversation}/history", **query, **more)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """The type and the doer of each, the oldest first."""
    return [
        (entry["event"], entry["actor"] and entry["actor"]["name"]) for entry in reversed(entries)
    ]


def test_who_did_what(desk: Desk) -> None:
    mia, ada = desk.visitor(name="Mia"), desk.agent()
    conversation = mia.begin("Where is my kettle?")["id"]
    path = f"/conversations/{conversation}"
    ada.patch(path, {"priority": "high", "tags": ["kettle"], "subject": "A kettle"})
    ada.patch(path, {"status": "resolved"})
    mia.write(conversation, "It is here. It leaks.")
    entries = history(ada, conversation)
    assert sorted(told(entries)) == sorted(
        [
            ("message.created", "Mia"),
            ("conversation.priority_changed", "Ada"),
            ("conversation.tags_changed", "Ada"),
            ("conversation.subject_changed", "Ada"),
            ("conversation.status_changed", "Ada"),
            ("message.created", "Mia"),
            ("conversation.status_changed", "Mia"),
        ]
    )
    assert [entry["at"] for entry in entries] == sorted(
        (entry["at"] for entry in entries), reverse=True
    )
    statuses = [entry["data"] for entry in entries if "status_changed" in entry["event"]]
    assert [(data["status"], data["reason"]) for data in statuses] == [
        ("open", "reply"),
        ("resolved", None),
    ]
    # Page by page it is the same, also where two events have the same time.
    assert history(ada, conversation, limit=1) == history(ada, conversation, limit=3) == entries


def test_who_deleted_a_message(desk: Desk) -> None:
    mia, boss = desk.visitor(name="Mia"), desk.agent(role=Role.ADMIN, name="Grace")
    conversation = mia.begin("My card is 4111")["id"]
    message = boss.thread(conversation)[0]["id"]
    mia.patch(f"/messages/{message}", {"body": "My card is 4242"})
    boss.delete(f"/messages/{message}")
    entries = history(boss, conversation)
    assert told(entries) == [
        ("message.created", "Mia"),
        ("message.updated", "Mia"),
        ("message.deleted", "Grace"),
    ]
    assert all(entry["data"]["body"] == "" for entry in entries)


def test_only_for_whom_it_is(desk: Desk, stranger_desk: Desk) -> None:
    mia, ada = desk.visitor(), desk.agent()
    conversation = mia.begin("Hello")["id"]
    path = f"/conversations/{conversation}/history"
    assert mia.get(path, 403)["code"] == "forbidden"
    assert desk.nobody().get(path, 401)["code"] == "unauthorized"
    assert stranger_desk.agent().get(path, 404)["code"] == "not_found"
    assert ada.get("/conversations/conv_nothing/history", 404)["code"] == "not_found"
    assert desk.agent(role=Role.VIEWER).get(path)["items"]


def test_a_cursor_of_another_conversation(desk: Desk) -> None:
    mia, ada = desk.visitor(), desk.agent()
    one = mia.begin("One")["id"]
    mia.write(one, "More")
    other = mia.begin("Other")["id"]
    cursor = ada.get(f"/conversations/{one}/history", limit=1)["next_cursor"]
    answer = ada.get(f"/conversations/{other}/history", 422, cursor=cursor)
    assert answer["code"] == "invalid_cursor"
