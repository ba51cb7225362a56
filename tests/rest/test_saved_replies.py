"""Saved replies over REST: who sees and changes which, what is refused, and who is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.features.saved_replies import rules
from tests.support.people import Desk, Person

HELLO = {"shortcut": "hello", "title": "Greeting", "body": "Hello {{contact.name|there}}!"}


def create(person: Person, status: int = 201, **fields: Any) -> Any:
    return person.post("/saved-replies", {**HELLO, **fields}, status)


def found(person: Person, search: str = "") -> list[str]:
    """The shortcuts of what somebody finds."""
    return [item["shortcut"] for item in person.get("/saved-replies", search=search)["items"]]


def told(desk: Desk) -> list[tuple[str, Any]]:
    events = desk.agent().events(f"inbox:{desk.organization}")
    return [
        (item["event"], item["data"]) for item in events if item["event"].startswith("saved_reply.")
    ]


def test_one_is_created_changed_and_deleted(desk: Desk, stranger_desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent()
    made = create(boss, shared=True)
    assert made == {
        **HELLO,
        "id": made["id"],
        "owner_id": None,
        "created_by": boss.id,
        "created_at": made["created_at"],
        "updated_by": boss.id,
        "updated_at": made["created_at"],
    }
    assert made["id"].startswith("srp_")
    path = f"/saved-replies/{made['id']}"
    assert ada.get(path) == made
    assert ada.get("/saved-replies") == {"items": [made], "next_cursor": None}
    assert stranger_desk.agent().get("/saved-replies")["items"] == []
    other = desk.agent(role=Role.OWNER)
    changed = other.patch(path, {"title": " Welcome ", "shortcut": "/Hi"})
    assert (changed["title"], changed["shortcut"], changed["body"]) == (
        "Welcome",
        "hi",
        made["body"],
    )
    assert (changed["created_by"], changed["updated_by"]) == (boss.id, other.id)
    assert changed["updated_at"] > made["updated_at"]
    assert boss.delete(path) == changed
    boss.delete(path, 404)
    ada.get(path, 404)
    assert found(ada) == []
    actors = [(name, data["id"], data["actor"]["id"]) for name, data in told(desk)]
    assert actors == [
        ("saved_reply.changed", made["id"], boss.id),
        ("saved_reply.changed", made["id"], other.id),
        ("saved_reply.deleted", made["id"], boss.id),
    ]
    assert told(stranger_desk) == []


def test_a_personal_one_is_nobody_elses(desk: Desk) -> None:
    ada, owner = desk.agent(), desk.agent(role=Role.OWNER)
    mine = create(ada)
    path = f"/saved-replies/{mine['id']}"
    assert mine["owner_id"] == ada.id
    assert found(ada) == ["hello"]
    assert found(owner) == []
    for refused in (
        owner.get(path, 404),
        owner.patch(path, {"title": "Mine now"}, 404),
        owner.delete(path, 404),
    ):
        assert refused["code"] == "not_found"
    # Everybody learns that there is one, and nobody what it says.
    [(_, data)] = told(desk)
    assert data == {
        "id": mine["id"],
        "owner_id": ada.id,
        "actor": {"kind": "agent", "id": ada.id, "name": "Ada", "avatar_url": None},
    }


def test_what_changes_nothing_is_no_event(desk: Desk) -> None:
    ada = desk.agent()
    mine = create(ada)
    assert ada.patch(f"/saved-replies/{mine['id']}", {"title": HELLO["title"]}) == mine
    assert ada.patch(f"/saved-replies/{mine['id']}", {}) == mine
    assert len(told(desk)) == 1


def test_only_some_roles_share(desk: Desk) -> None:
    boss, ada, viewer = desk.agent(role=Role.ADMIN), desk.agent(), desk.agent(role=Role.VIEWER)
    shared = create(boss, shared=True)
    path = f"/saved-replies/{shared['id']}"
    assert found(viewer) == ["hello"]
    create(viewer, 403)
    create(ada, 403, shared=True)
    mine = create(ada)
    ada.patch(path, {"title": "Mine"}, 403)
    ada.patch(path, {"shared": False}, 403)
    ada.delete(path, 403)
    ada.patch(f"/saved-replies/{mine['id']}", {"shared": True}, 403)
    visitor = desk.visitor()
    visitor.get("/saved-replies", 403)
    visitor.post("/saved-replies", HELLO, 403)
    desk.nobody().get("/saved-replies", 401)
    assert len(told(desk)) == 2


def test_one_is_shared_and_taken_back(desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent()
    mine = create(boss)
    path = f"/saved-replies/{mine['id']}"
    assert boss.patch(path, {"shared": True})["owner_id"] is None
    assert ada.get(path)["id"] == mine["id"]
    assert boss.patch(path, {"shared": False})["owner_id"] == boss.id
    ada.get(path, 404)
    assert [data["owner_id"] for _, data in told(desk)] == [boss.id, None, boss.id]


def test_a_shortcut_is_taken_once_among_the_shared_and_once_by_each_agent(desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent()
    create(boss, shared=True)
    mine = create(boss)
    create(ada)
    for person, more in ((boss, {"shared": True}), (boss, {}), (ada, {"shortcut": "HELLO"})):
        refused = create(person, 409, **more)
        assert (refused["code"], refused["field"]) == ("shortcut_taken", "shortcut")
    refused = boss.patch(f"/saved-replies/{mine['id']}", {"shared": True}, 409)
    assert refused["code"] == "shortcut_taken"
    other = create(boss, shortcut="bye")
    boss.patch(f"/saved-replies/{other['id']}", {"shortcut": "hello"}, 409)
    assert boss.get(f"/saved-replies/{other['id']}") == other


def test_of_many_at_once_one_gets_the_shortcut(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    assert boss.me
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda _: boss.http.post("/saved-replies", json={**HELLO, "shared": True}), range(8)
        )
        codes = sorted(answer.status_code for answer in answers)
    assert codes == [201, *[409] * 7]
    assert found(boss) == ["hello"]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"shortcut": ""}, "invalid_saved_reply", "shortcut"),
        ({"shortcut": "two words"}, "invalid_saved_reply", "shortcut"),
        ({"shortcut": "-x"}, "invalid_saved_reply", "shortcut"),
        ({"shortcut": "x" * 41}, "invalid_saved_reply", "shortcut"),
        ({"shortcut": "a\x00"}, "invalid_text", "shortcut"),
        ({"title": " "}, "invalid", "title"),
        ({"title": "two\nlines"}, "invalid", "title"),
        ({"title": "x" * 121}, "invalid", "title"),
        ({"body": " \n"}, "invalid_saved_reply", "body"),
        ({"body": "x" * 5_001}, "invalid_saved_reply", "body"),
        ({"body": "a\x00"}, "invalid_text", "body"),
        ({"shared": "yes"}, "invalid", "shared"),
    ],
)
def test_bad_input_names_the_field(
    desk: Desk, fields: dict[str, Any], code: str, field: str
) -> None:
    ada = desk.agent()
    refused = create(ada, 422, **fields)
    assert (refused["code"], refused["field"]) == (code, field)
    mine = create(ada)
    refused = ada.patch(f"/saved-replies/{mine['id']}", fields, 422)
    assert (refused["code"], refused["field"]) == (code, field)
    assert ada.get(f"/saved-replies/{mine['id']}") == mine


def test_the_limits_themselves_are_allowed(desk: Desk) -> None:
    longest = {"shortcut": "x" * 40, "title": "t" * 120, "body": "👍" * 5_000}
    made = create(desk.agent(), **longest)
    assert {name: made[name] for name in longest} == longest


def test_there_is_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_SHARED", 2)
    monkeypatch.setattr(rules, "MOST_PERSONAL", 1)
    boss = desk.agent(role=Role.ADMIN)
    for number in range(2):
        create(boss, shortcut=f"s{number}", shared=True)
    mine = create(boss, shortcut="m")
    for more in ({"shared": True}, {}):
        assert create(boss, 409, shortcut="z", **more)["code"] == "too_many_saved_replies"
    refused = boss.patch(f"/saved-replies/{mine['id']}", {"shared": True}, 409)
    assert refused["code"] == "too_many_saved_replies"
    # Each agent has room of their own.
    create(desk.agent(), shortcut="m")


def test_search_finds_the_beginnings_of_words_without_accents(desk: Desk) -> None:
    ada = desk.agent()
    create(ada, shortcut="expédition", title="Où est mon colis ?", body="Il part demain, ÉTÉ 100%.")
    create(ada, shortcut="refund", title="Refund", body="We return_the money.")
    assert found(ada) == ["expédition", "refund"]
    for words in ("exped", "EXPÉD", "colis", "ou est", "ete", "demain il", "/exped", "100"):
        assert found(ada, words) == ["expédition"], words
    for words in ("refund we", "return_the", "mon REF", "refund?"):
        assert found(ada, words) == ["refund"], words
    for words in ("edition", "oney", "returnxthe", "refund colis", "nothing"):
        assert found(ada, words) == [], words
    # Without a word there is nothing to leave out.
    assert found(ada, "? %") == ["expédition", "refund"]


def test_the_list_has_pages(desk: Desk) -> None:
    ada = desk.agent()
    for name in ("d", "a", "c", "b", "e"):
        create(ada, shortcut=name)
    first = ada.get("/saved-replies", limit=2)
    second = ada.get("/saved-replies", limit=2, cursor=first["next_cursor"])
    third = ada.get("/saved-replies", limit=2, cursor=second["next_cursor"])
    seen = [item["shortcut"] for page in (first, second, third) for item in page["items"]]
    assert seen == ["a", "b", "c", "d", "e"]
    assert third["next_cursor"] is None
    assert ada.get("/saved-replies", 422, cursor="x")["code"] == "invalid_cursor"
