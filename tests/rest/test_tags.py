"""Tags over REST: their records, and how conversations follow them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.features.tags import rewriting, rules
from tests.support.people import Desk, Person

BILLING = {"name": "Billing", "color": "teal", "description": "Money"}


def boss_of(desk: Desk) -> Person:
    return desk.agent("boss", role=Role.ADMIN)


def tagged(desk: Desk, ada: Person, *tags: str) -> str:
    conversation = desk.visitor().begin("Hello")["id"]
    ada.patch(f"/conversations/{conversation}", {"tags": list(tags)})
    return conversation


def tags_of(person: Person, conversation: str) -> list[str]:
    return person.get(f"/conversations/{conversation}")["tags"]


def names(person: Person, **query: Any) -> dict[str, int]:
    return {item["name"]: item["conversations"] for item in person.get("/tags", **query)["items"]}


def by_name(person: Person, name: str) -> dict[str, Any]:
    [found] = [item for item in person.get("/tags")["items"] if item["name"] == name]
    return found


def settled(boss: Person, *, within: float = 60.0) -> None:
    """Wait until no tag is being rewritten."""
    end = time.monotonic() + within
    while any(job["kind"] == "tag.rewrite" for job in boss.get("/jobs", state="pending")["items"]):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert not boss.get("/jobs")["items"]


def told(person: Person) -> list[tuple[str, Any]]:
    events = person.events(f"inbox:{person.me['organization']}")
    return [(item["event"], item["data"]) for item in events if item["event"].startswith("tag.")]


def test_one_is_created_read_changed_and_deleted(desk: Desk, stranger_desk: Desk) -> None:
    boss = boss_of(desk)
    made = boss.post("/tags", BILLING)
    assert made.items() >= BILLING.items()
    assert made["id"].startswith("tag_")
    path = f"/tags/{made['id']}"
    assert boss.get(path) == made
    assert boss.get("/tags") == {"items": [{**made, "conversations": 0}], "next_cursor": None}
    assert stranger_desk.agent().get("/tags")["items"] == []
    changed = boss.patch(path, {"color": "red", "description": " Invoices  and money "})
    assert (changed["color"], changed["description"]) == ("red", "Invoices and money")
    assert boss.patch(path, {"color": "red"}) == changed
    assert boss.delete(path) == changed
    boss.get(path, 404)
    boss.delete(path, 404)
    settled(boss)
    assert [(event, data.get("tag", data)["id"]) for event, data in told(boss)] == [
        ("tag.changed", made["id"]),
        ("tag.changed", made["id"]),
        ("tag.deleted", made["id"]),
    ]
    # The name is free again.
    assert boss.post("/tags", BILLING)["id"] != made["id"]


def test_the_same_request_creates_once(desk: Desk) -> None:
    boss = boss_of(desk)
    header = {"Idempotency-Key": "once"}
    made = boss.post("/tags", BILLING, **header)
    assert boss.post("/tags", BILLING, **header) == made
    assert boss.post("/tags", BILLING, 409)["code"] == "tag_name_taken"
    boss.post("/tags", {"name": "Other"}, 409, **header)


def test_a_tag_is_created_by_its_first_use(desk: Desk) -> None:
    ada = desk.agent("ada")
    conversation = tagged(desk, ada, "billing", " late ", "billing")
    assert tags_of(ada, conversation) == ["billing", "late"]
    assert names(ada) == {"billing": 1, "late": 1}
    found = by_name(ada, "late")
    assert (found["color"], found["description"], found["created_by"]) == ("gray", "", ada.id)
    # Another spelling means the same tag.
    other = tagged(desk, ada, "BILLING", "Billing")
    assert tags_of(ada, other) == ["billing"]
    assert names(ada) == {"billing": 2, "late": 1}
    ada.patch(f"/conversations/{conversation}", {"tags": ["late"]})
    ada.patch(f"/conversations/{other}", {"tags": []})
    assert names(ada) == {"billing": 0, "late": 1}


def test_many_agents_create_it_at_once(desk: Desk) -> None:
    ada = desk.agent("ada")
    conversations = [desk.visitor().begin("Hello")["id"] for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda item: ada.http.patch(
                    f"/conversations/{item[1]}",
                    json={"tags": ["tea", "Coffee"] if item[0] % 2 else ["coffee", "Tea"]},
                ),
                enumerate(conversations),
            )
        )
    found = names(ada)
    assert sorted(found.values()) == [8, 8]
    assert {tuple(sorted(tags_of(ada, item))) for item in conversations} == {tuple(sorted(found))}


@pytest.mark.parametrize("new", ["Invoices", "BILLING"])
def test_a_new_name_is_everywhere(desk: Desk, monkeypatch: pytest.MonkeyPatch, new: str) -> None:
    monkeypatch.setattr(rewriting, "STEP", 2)
    boss, ada = boss_of(desk), desk.agent("ada")
    conversations = [tagged(desk, ada, "late", "billing", "vip") for _ in range(5)]
    other = tagged(desk, ada, "vip")
    tag = by_name(ada, "billing")
    renamed = boss.patch(f"/tags/{tag['id']}", {"name": new})
    assert (renamed["name"], renamed["id"]) == (new, tag["id"])
    settled(boss)
    for conversation in conversations:
        assert tags_of(ada, conversation) == ["late", new, "vip"]
        last = ada.events(f"notes:{conversation}")[-1]
        assert last["event"] == "conversation.tags_changed"
        assert last["data"]["tags"] == ["late", new, "vip"]
        assert last["data"]["actor"]["id"] == boss.id
    assert tags_of(ada, other) == ["vip"]
    assert [item["data"]["tags"] for item in ada.events(f"notes:{other}")] == [["vip"]]
    assert names(ada) == {new: 5, "late": 5, "vip": 6}
    # The inbox ends with what the list shows.
    seen = {
        event["data"]["id"]: event["data"]["tags"]
        for event in ada.events(f"inbox:{ada.me['organization']}")
        if event["event"] == "conversation.updated"
    }
    assert {seen[item][1] for item in conversations} == {new}


def test_two_become_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "STEP", 2)
    boss, ada = boss_of(desk), desk.agent("ada")
    first = tagged(desk, ada, "payment", "billing")
    second = tagged(desk, ada, "payment")
    third = tagged(desk, ada, "billing")
    payment, billing = by_name(ada, "payment"), by_name(ada, "billing")
    path = f"/tags/{payment['id']}/merge"
    assert boss.post(path, {"into": payment["id"]}, 422)["field"] == "into"
    boss.post(path, {"into": "tag_none"}, 404)
    header = {"Idempotency-Key": "merge"}
    merged = boss.post(path, {"into": billing["id"]}, 200, **header)
    assert merged["name"] == "billing"
    assert boss.post(path, {"into": billing["id"]}, 200, **header) == merged
    settled(boss)
    assert [tags_of(ada, item) for item in (first, second, third)] == [["billing"]] * 3
    assert names(ada) == {"billing": 3}
    assert told(ada)[-1] == (
        "tag.deleted",
        {
            "id": payment["id"],
            "merged_into": billing["id"],
            "actor": told(ada)[-1][1]["actor"],
        },
    )
    boss.get(f"/tags/{payment['id']}", 404)


def test_chains_end_at_the_last_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renamed, merged and renamed back while the conversations still follow the first change."""
    monkeypatch.setattr(rewriting, "STEP", 1)
    boss, ada = boss_of(desk), desk.agent("ada")
    conversations = [tagged(desk, ada, "a", "b", "c") for _ in range(4)]
    a, b, c = (by_name(ada, name)["id"] for name in "abc")
    boss.patch(f"/tags/{a}", {"name": "x"})
    boss.patch(f"/tags/{a}", {"name": "y"})
    boss.patch(f"/tags/{a}", {"name": "x"})
    boss.post(f"/tags/{b}/merge", {"into": a}, 200)
    boss.delete(f"/tags/{c}")
    # Seen on a screen that knows nothing of all this, or too late: either way it is the right one.
    late = desk.visitor().begin("Hello")["id"]
    response = ada.http.patch(f"/conversations/{late}", json={"tags": ["a"]})
    assert response.status_code == 200
    settled(boss)
    for conversation in conversations:
        assert tags_of(ada, conversation) == ["x"]
    # Once all have followed, an old name is a new tag.
    assert tags_of(ada, late) in (["x"], ["a"])


def test_a_deleted_tag_is_gone_everywhere(desk: Desk) -> None:
    boss, ada = boss_of(desk), desk.agent("ada")
    conversation = tagged(desk, ada, "billing", "vip")
    boss.delete(f"/tags/{by_name(ada, 'billing')['id']}")
    settled(boss)
    assert tags_of(ada, conversation) == ["vip"]
    assert names(ada) == {"vip": 1}


def test_lists_by_tag(desk: Desk, stranger_desk: Desk) -> None:
    ada = desk.agent("ada")
    first = tagged(desk, ada, "billing")
    second = tagged(desk, ada, "billing", "vip")
    tagged(desk, ada, "vip")

    def found(**query: Any) -> list[str]:
        return [item["id"] for item in ada.get("/conversations", **query)["items"]]

    assert found(tag="BILLING") == [second, first]
    assert found(tag="billing", status="resolved") == []
    assert found(tag="billing", assignee="unassigned", order="longest_waiting") == [first, second]
    assert found(tag="none") == []
    page = ada.get("/conversations", tag="billing", limit=1)
    assert [item["id"] for item in page["items"]] == [second]
    assert found(tag="billing", limit=1, cursor=page["next_cursor"]) == [first]
    desk.visitor().get("/conversations", 403, tag="billing")
    assert stranger_desk.agent().get("/conversations", tag="billing")["items"] == []


def test_pages_and_search(desk: Desk) -> None:
    boss = boss_of(desk)
    for name in ("b", "A%", "c", "dÄ"):
        boss.post("/tags", {"name": name})
    first = boss.get("/tags", limit=2)
    second = boss.get("/tags", limit=2, cursor=first["next_cursor"])
    assert [item["name"] for item in first["items"]] == ["A%", "b"]
    assert [item["name"] for item in second["items"]] == ["c", "dÄ"]
    assert second["next_cursor"] is None
    assert list(names(boss, search="Dä")) == ["dÄ"]
    assert list(names(boss, search="%")) == ["A%"]
    assert boss.get("/tags", 422, cursor="x")["code"] == "invalid_cursor"


def test_who_may_do_what(desk: Desk) -> None:
    boss, ada, vic = boss_of(desk), desk.agent("ada"), desk.agent("vic", role=Role.VIEWER)
    tag = ada.post("/tags", BILLING)
    path = f"/tags/{tag['id']}"
    ada.patch(path, {"name": "x"}, 403)
    ada.delete(path, 403)
    ada.post(f"{path}/merge", {"into": tag["id"]}, 403)
    vic.post("/tags", {"name": "x"}, 403)
    assert vic.get(path) == tag
    desk.visitor().get("/tags", 403)
    desk.nobody().get("/tags", 401)
    boss.patch(path, {"name": "Money"})


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": ""}, "invalid", "name"),
        ({"name": "x" * 41}, "invalid", "name"),
        ({"name": "a\nb"}, "invalid", "name"),
        ({"description": "x" * 201}, "invalid_tag", "description"),
        ({"description": "\x00"}, "invalid_text", "description"),
        ({"color": "mauve"}, "invalid", "color"),
    ],
)
def test_what_is_refused(desk: Desk, fields: dict[str, Any], code: str, field: str) -> None:
    boss = boss_of(desk)
    made = boss.post("/tags", BILLING)
    for refused in (
        boss.post("/tags", {**BILLING, **fields}, 422),
        boss.patch(f"/tags/{made['id']}", fields, 422),
    ):
        assert (refused["code"], refused["field"]) == (code, field)
    assert boss.get(f"/tags/{made['id']}") == made


def test_a_name_belongs_to_one_tag(desk: Desk) -> None:
    boss, ada = boss_of(desk), desk.agent("ada")
    billing, late = boss.post("/tags", BILLING), boss.post("/tags", {"name": "late"})
    refused = boss.patch(f"/tags/{late['id']}", {"name": "bIlling"}, 409)
    assert (refused["code"], refused["field"]) == ("tag_name_taken", "name")
    assert boss.get(f"/tags/{late['id']}") == late
    assert boss.patch(f"/tags/{billing['id']}", {"name": "BILLING"})["name"] == "BILLING"
    assert tags_of(ada, tagged(desk, ada, "billing")) == ["BILLING"]


def test_there_is_room_for_so_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_TAGS", 2)
    boss, ada = boss_of(desk), desk.agent("ada")
    conversation = tagged(desk, ada, "a", "b")
    assert boss.post("/tags", {"name": "c"}, 409)["code"] == "too_many_tags"
    path = f"/conversations/{conversation}"
    assert ada.patch(path, {"tags": ["a", "c"]}, 409)["code"] == "too_many_tags"
    assert names(ada) == {"a": 1, "b": 1}


def test_a_narrowed_agent_counts_what_they_see(desk: Desk) -> None:
    boss = boss_of(desk)
    hidden = tagged(desk, boss, "billing")
    tagged(desk, boss, "billing")
    boss.patch(f"/conversations/{hidden}", {"access_labels": ["vip"]})
    assert names(boss) == {"billing": 2}
    assert names(desk.agent(email="labels:emea")) == {"billing": 1}
    assert names(desk.agent(email="labels:vip")) == {"billing": 2}
