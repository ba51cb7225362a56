"""Numbers of conversations over REST: who gets which, who sees them, and what they find."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.people import Desk, Person


def numbered(person: Person, number: int) -> list[str]:
    page = person.get("/conversations", number=number)
    assert page["next_cursor"] is None
    return [item["id"] for item in page["items"]]


def test_everybody_who_begins_one_gets_the_next(desk: Desk, stranger_desk: Desk) -> None:
    visitors = [desk.visitor() for _ in range(4)]
    with ThreadPoolExecutor(len(visitors)) as pool:
        begun = list(pool.map(lambda number: visitors[number % 4].begin("Hello")["id"], range(12)))
    ada = desk.agent("ada")
    listed = ada.get("/conversations", limit=100)["items"]
    assert {item["id"] for item in listed} == set(begun)
    assert sorted(item["number"] for item in listed) == list(range(1, 13))
    for item in listed:
        assert numbered(ada, item["number"]) == [item["id"]]
        assert ada.get(f"/conversations/{item['id']}")["number"] == item["number"]
    assert numbered(ada, 13) == []
    # What is refused takes none, and neither does a repetition.
    first = visitors[0]
    body = {"message": {"body": "Again", "client_id": "again"}}
    first.post("/conversations", {"message": {"body": " "}}, 422)
    again = first.post("/conversations", body)["id"]
    assert first.post("/conversations", body, 200)["id"] == again
    written = ada.post(
        "/conversations", {"message": {"body": "Hello"}, "contact_id": first.id}, 201
    )
    assert (numbered(ada, 13), written["number"]) == ([again], 14)
    # Each organisation counts for itself.
    other = stranger_desk.visitor().begin("Hello")["id"]
    assert numbered(stranger_desk.agent(), 1) == [other]


def test_changes_keep_it_and_the_inbox_tells_it(desk: Desk) -> None:
    ada, mia = desk.agent("ada"), desk.visitor("m", name="Mia")
    about = mia.begin("Hello")["id"]
    ada.patch(f"/conversations/{about}", {"status": "pending"})
    mia.write(about, "More")
    ada.write(about, "Answer")
    told = [
        item["data"]
        for item in ada.events(f"inbox:{desk.organization}")
        if "number" in item["data"]
    ]
    assert len(told) == 4
    assert {(item["id"], item["number"]) for item in told} == {(about, 1)}
    assert numbered(ada, 1) == [about]


def test_it_is_for_those_who_see_the_inbox(desk: Desk) -> None:
    ada, mia = desk.agent("ada"), desk.visitor("m")
    begun = mia.begin("Hello")
    assert "number" not in begun
    assert "number" not in mia.get("/conversations")["items"][0]
    assert mia.get("/conversations", 403, number=1)["code"] == "forbidden"
    for number in (0, -1, "x", 2**53):
        assert ada.get("/conversations", 422, number=number)["code"] == "invalid"
    others = (("status", "open"), ("assignee", "me"), ("tag", "tea"), ("order", "longest_waiting"))
    for name, value in others:
        refused = ada.get("/conversations", 422, number=1, **{name: value})
        assert (refused["code"], refused["field"]) == ("invalid", "number")


def test_an_agent_who_is_narrowed_does_not_find_what_they_do_not_see(desk: Desk) -> None:
    boss, ada = desk.agent(role="admin"), desk.agent(email="labels:shop")
    about = desk.visitor().begin("Hello")["id"]
    assert numbered(ada, 1) == [about]
    boss.patch(f"/conversations/{about}", {"access_labels": ["vip"]})
    assert numbered(ada, 1) == []
    assert numbered(boss, 1) == [about]
