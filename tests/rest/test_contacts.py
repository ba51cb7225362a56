"""People who were never here: stored, assigned to and written to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.core import ids
from campfire_chat.features.contacts import listing
from campfire_chat.http.pagination import read_cursor, write_cursor
from tests.support.client import Client
from tests.support.people import Desk, Person
from tests.support.talk import until


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
        "blocked": False,
        "attributes": {},
        "created_at": contact["created_at"],
        "last_seen_at": None,
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


def names(person: Person, **query: str) -> list[str]:
    """The names of the contacts that a list holds, over all its pages of two."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = person.get("/contacts", limit="2", **query, **cursor)
        assert len(page["items"]) <= 2
        found += [contact["name"] for contact in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@pytest.fixture
def crowd(desk: Desk) -> Person:
    """Some contacts, and somebody who may look at them."""
    boss = desk.agent(role=Role.ADMIN)
    for number, (name, email) in enumerate(
        [
            ("Zoë Étoile", "zoe@mail.example"),
            ("Mia Miller", "mia@example.org"),
            ("Ärmel O’Neil", "neil@example.org"),
            ("Mia Mohr", None),
            ("100%_\\ Sure", None),
        ]
    ):
        boss.put(f"/contacts/user-{number}", {"name": name, "email": email})
    return boss


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["100%_\\ Sure", "Ärmel O’Neil", "Mia Miller", "Mia Mohr", "Zoë Étoile"]),
        ("mi", ["Mia Miller", "Mia Mohr"]),
        ("mil MIA", ["Mia Miller"]),
        ("etoi", ["Zoë Étoile"]),
        ("ZOË", ["Zoë Étoile"]),
        ("arm", ["Ärmel O’Neil"]),
        ("example.org", ["Ärmel O’Neil", "Mia Miller"]),
        ("mia@example.org", ["Mia Miller"]),
        ("neil", ["Ärmel O’Neil"]),
        ("user-3", ["Mia Mohr"]),
        ("3", ["Mia Mohr"]),
        ("100%_\\ s", ["100%_\\ Sure"]),
        ("%", ["100%_\\ Sure", "Ärmel O’Neil", "Mia Miller", "Mia Mohr", "Zoë Étoile"]),
        ("_ia", []),
        ("iller", []),
        ("mia nobody", []),
        (" ".join(["mia"] * 50), ["Mia Miller", "Mia Mohr"]),
    ],
)
def test_contacts_are_found_by_the_beginnings_of_words(
    crowd: Person, search: str, found: list[str]
) -> None:
    assert names(crowd, search=search, order="name") == found


def test_contacts_are_found_by_what_they_are_called_now(desk: Desk, crowd: Person) -> None:
    crowd.put("/contacts/user-1", {"name": "Maria Muster", "email": None})
    assert names(crowd, search="miller") == names(crowd, search="mia@example") == []
    assert names(crowd, search="muster") == ["Maria Muster"]
    assert names(crowd, search="mia") == ["Mia Mohr"]


def test_lists_are_sorted_and_narrowed(desk: Desk, stranger_desk: Desk, crowd: Person) -> None:
    start = crowd.get("/contacts/user-4")["created_at"]
    assert names(crowd, order="created")[0] == "100%_\\ Sure"
    assert names(crowd, order="created", created_since=start) == ["100%_\\ Sure"]
    assert names(crowd, seen_since="2026-01-01T00:00:00Z") == []
    # Whoever writes is seen, and stands first.
    desk.visitor("user-2", name="Ärmel O’Neil", email="neil@example.org").begin()
    desk.visitor("nameless").begin()
    assert names(crowd)[:2] == [None, "Ärmel O’Neil"]
    assert names(crowd, seen_since="2026-01-01T00:00:00Z") == [None, "Ärmel O’Neil"]
    assert names(crowd, verified="false") == []
    assert len(names(crowd, verified="true")) == 6
    # A name that is not there stands at the end.
    assert names(crowd, order="name")[-1] is None
    assert names(crowd, order="name", verified="true", search="example")[0] == "Ärmel O’Neil"
    assert names(stranger_desk.agent(role=Role.OWNER)) == []
    desk.visitor("user-2").get("/contacts", 403)
    for bad in ({"verified": "x"}, {"order": "x"}, {"seen_since": "x"}, {"search": "x" * 201}):
        crowd.get("/contacts", 422, **bad)
    crowd.get("/contacts", 422, search="\x00")


def test_an_agent_with_labels_sees_contacts_with_their_conversations(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    narrowed = desk.agent(role=Role.ADMIN, email="labels:vip")
    seen = {label: desk.visitor(label, name=label).begin()["id"] for label in ("vip", "staff")}
    for label, conversation in seen.items():
        boss.patch(f"/conversations/{conversation}", {"access_labels": [label]})
    boss.put("/contacts/never", {"name": "never"})
    for query in ({}, {"order": "name"}, {"search": "vip"}, {"verified": "true"}):
        assert names(narrowed, **query) == ["vip"]
    assert names(narrowed, search="staff") == []
    assert narrowed.get("/contacts/vip")["name"] == "vip"
    for place in ("", "/conversations", "/timeline"):
        narrowed.get(f"/contacts/staff{place}", 404)
        narrowed.get(f"/contacts/never{place}", 404)
    # Whom they do not see they cannot write to, which would tell who it is.
    for contact in (*map(ids_of(desk), ("staff", "never")), "vis_nobody"):
        message = {"body": "Hello", "client_id": contact}
        refused = narrowed.post("/conversations", {"message": message, "contact_id": contact}, 422)
        assert (refused["code"], refused["field"]) == ("invalid", "contact_id")
        assert refused["detail"] == "There is no such contact."
    narrowed.begin("Hello", contact_id=ids_of(desk)("vip"))
    # Of a contact's conversations they see only theirs.
    other = desk.visitor("vip", name="vip").begin()["id"]
    boss.patch(f"/conversations/{other}", {"access_labels": ["staff"]})
    for person, count in ((narrowed, 2), (boss, 3)):
        assert len(person.get("/contacts/vip/conversations")["items"]) == count
        told = person.get("/contacts/vip/timeline")["items"]
        assert [one["kind"] for one in told].count("conversation_begun") == count


def test_an_agent_without_the_inbox_sees_contacts_of_their_own_conversations(desk: Desk) -> None:
    boss, clerk = desk.agent(role=Role.ADMIN), desk.agent(role="clerk")
    opened = {name: desk.visitor(name, name=name).begin()["id"] for name in ("mine", "theirs")}
    boss.put("/contacts/never", {"name": "never"})
    assert clerk.me
    assert names(clerk) == []
    boss.patch(f"/conversations/{opened['mine']}", {"assignee_id": clerk.id})
    for query in ({}, {"order": "name"}, {"search": "mine"}, {"verified": "true"}):
        assert names(clerk, **query) == ["mine"]
    assert names(clerk, search="theirs") == []
    assert clerk.get("/contacts/mine")["name"] == "mine"
    for place in ("", "/conversations", "/timeline"):
        clerk.get(f"/contacts/theirs{place}", 404)
        clerk.get(f"/contacts/never{place}", 404)
    # Of a contact's conversations they see only theirs.
    desk.visitor("mine", name="mine").begin()
    for person, count in ((clerk, 1), (boss, 2)):
        assert len(person.get("/contacts/mine/conversations")["items"]) == count
        told = person.get("/contacts/mine/timeline")["items"]
        assert [one["kind"] for one in told].count("conversation_begun") == count
    # Labels narrow that further.
    labelled = desk.agent("labelled", role="clerk", email="labels:vip")
    assert labelled.me
    boss.patch(f"/conversations/{opened['theirs']}", {"assignee_id": labelled.id})
    assert names(labelled) == ["theirs"]
    boss.patch(f"/conversations/{opened['theirs']}", {"access_labels": ["staff"]})
    assert names(labelled) == []


def test_pages_say_nothing_of_contacts_that_are_not_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "STRETCH", 2)
    monkeypatch.setattr(listing, "FEW", 1)
    boss = desk.agent(role=Role.ADMIN)
    narrowed = desk.agent(role=Role.ADMIN, email="labels:vip")
    shown: list[str] = []
    for name in ("ann", "kim", "zoe"):
        about = desk.visitor(name, name=f"{name} shown").begin()["id"]
        boss.patch(f"/conversations/{about}", {"access_labels": ["vip"]})
        shown.append(ids_of(desk)(name))
    # More than all the stretches of a page before, between and after them.
    for first, number in itertools.product("ablz", range(12)):
        boss.put(f"/contacts/{first}{number}", {"name": f"{first}{number:02} hidden shown"})
    made_up = [None, *(write_cursor(("name", first, shown[0])) for first in "abklmz")]
    for query, cursor in itertools.product(
        ({}, {"verified": "true"}, {"search": "shown"}, {"search": "hidden"}), made_up
    ):
        found: list[str] = []
        for pages in itertools.count():
            assert pages < 4
            more = {} if cursor is None else {"cursor": cursor}
            page = narrowed.get("/contacts", order="name", limit=1, **query, **more)
            found += [contact["id"] for contact in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            order, _, place = read_cursor(cursor, list)
            assert (order, place in shown) == ("name", True)
            assert "hidden" not in str(read_cursor(cursor, list))
        expected = [] if query == {"search": "hidden"} else shown
        assert found == expected[len(expected) - len(found) :]


def ids_of(desk: Desk) -> Callable[[str], str]:
    return partial(ids.visitor_of, desk.organization)


def test_the_timeline_tells_what_happened(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    boss.put("/contacts/mia", {"name": "Mia"})
    mia = desk.visitor("mia", name="Mia Miller")
    first, second = mia.begin(), mia.begin()
    boss.patch(f"/conversations/{first['id']}", {"status": "resolved", "subject": "Tea"})
    told: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = boss.get("/contacts/mia/timeline", limit="1", **cursor)
        told += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert told == boss.get("/contacts/mia/timeline")["items"]
    assert [(one["kind"], one["id"].split("_")[0]) for one in told] == [
        ("conversation_resolved", "conv"),
        ("conversation_begun", "conv"),
        ("conversation_begun", "conv"),
        ("described", "cch"),
        ("created", "cch"),
    ]
    assert (told[0]["id"], told[0]["subject"], told[0]["status"]) == (
        first["id"],
        "Tea",
        "resolved",
    )
    [change] = told[3]["fields"]
    assert change == {"field": "name", "before": "Mia", "after": "Mia Miller"}
    assert (told[3]["actor"]["kind"], told[4]["actor"]["id"]) == ("visitor", boss.id)
    shown = boss.get("/contacts/mia/conversations")["items"]
    assert [one["id"] for one in shown] == [second["id"], first["id"]]
    page = boss.get("/contacts/mia/conversations", limit="1")
    rest = boss.get("/contacts/mia/conversations", limit="1", cursor=page["next_cursor"])
    assert [*page["items"], *rest["items"]] == shown
    assert rest["next_cursor"] is None


@pytest.mark.anyio
async def test_who_is_connected_was_seen(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    boss.put("/contacts/mia", {"name": "Mia"})
    mia = desk.visitor("mia", name="Mia")
    async with Client(mia.base, mia):
        await until(lambda: boss.get("/contacts/mia")["last_seen_at"])
    assert names(boss, seen_since="2026-01-01T00:00:00Z") == ["Mia"]


def test_each_agent_chooses_the_columns(desk: Desk) -> None:
    ada = desk.agent()
    for columns in ([], ["created_at", "email"]):
        values = ada.patch("/me/settings", {"contact_columns": columns})["values"]
        assert values["contact_columns"] == columns
    for columns in (["name"], ["email", "email"], "email", [1]):
        refused = ada.patch("/me/settings", {"contact_columns": columns}, 422)
        assert (refused["code"], refused["field"]) == ("invalid_setting", "contact_columns")
