"""The queue: who waits longest, how many there are, who takes whom, and finding one of them."""

from __future__ import annotations

import concurrent.futures
import secrets
from typing import Any

import pytest

from tests.support.people import Desk, Person


def ids(person: Person, **query: Any) -> list[str]:
    """Every id of a list, over as many pages as it has."""
    found: list[str] = []
    while True:
        page = person.get("/conversations", **query)
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_the_longest_wait_comes_first(desk: Desk) -> None:
    visitor, ada = desk.visitor(), desk.agent("ada")
    first, second, third, answered = (visitor.begin(str(number))["id"] for number in range(4))
    ada.patch(f"/conversations/{third}", {"assignee_id": ada.id})
    ada.write(answered, "Done")
    # A second question does not begin the wait again, and moves the activity only.
    visitor.write(first, "Hello?")
    order = "longest_waiting"
    assert ids(ada, order=order) == [first, second, third]
    assert ids(ada, order=order, limit=1) == [first, second, third]
    assert ids(ada, order=order, assignee="unassigned", limit=1) == [first, second]
    assert ids(ada, order=order, assignee="me", status="open") == [third]
    assert ids(ada, order="latest")[0] == first
    visitor.write(answered, "One more thing")
    assert ids(ada, order=order) == [first, second, third, answered]
    ada.patch(f"/conversations/{second}", {"status": "resolved"})
    assert ids(ada, order=order) == [first, third, answered]


def test_an_order_is_for_agents_and_a_cursor_for_its_own_list(desk: Desk) -> None:
    visitor, ada = desk.visitor(), desk.agent("ada")
    for number in range(2):
        visitor.begin(str(number))
    visitor.get("/conversations", 403, order="longest_waiting")
    ada.get("/conversations", 422, order="shortest")
    cursor = ada.get("/conversations", limit=1)["next_cursor"]
    problem = ada.get("/conversations", 422, limit=1, order="longest_waiting", cursor=cursor)
    assert problem["code"] == "invalid_cursor"


def test_counts_are_of_all_there_are(desk: Desk, stranger_desk: Desk) -> None:
    visitor, ada, bob = desk.visitor(), desk.agent("ada"), desk.agent("bob")
    bob.get("/me")
    stranger_desk.visitor().begin("elsewhere")
    nothing = {"open": 0, "waiting": 0}
    assert ada.get("/conversations/counts") == {
        "mine": nothing,
        "unassigned": nothing,
        "all": nothing,
    }
    conversations = [visitor.begin(str(number))["id"] for number in range(6)]
    ada.write(conversations[0], "I have it")
    ada.patch(f"/conversations/{conversations[1]}", {"assignee_id": ada.id})
    ada.patch(f"/conversations/{conversations[2]}", {"assignee_id": bob.id})
    ada.patch(f"/conversations/{conversations[3]}", {"status": "pending"})
    assert ada.get("/conversations/counts") == {
        "mine": {"open": 2, "waiting": 1},
        "unassigned": {"open": 2, "waiting": 2},
        "all": {"open": 5, "waiting": 4},
    }
    assert bob.get("/conversations/counts")["mine"] == {"open": 1, "waiting": 1}
    visitor.get("/conversations/counts", 403)


def take(person: Person, **body: Any) -> Any:
    return person.post("/conversations/take", body, 200)["conversation"]


def test_taking_gives_the_one_that_waits_longest(desk: Desk) -> None:
    visitor, ada, bob = desk.visitor(), desk.agent("ada", name="Ada"), desk.agent("bob")
    assert take(ada) is None
    first, second, third = (visitor.begin(str(number))["id"] for number in range(3))
    visitor.write(first, "Hello?")
    taken = take(ada)
    assert taken["id"] == first
    assert taken["assignee"] == {"id": ada.id, "name": "Ada", "avatar_url": None}
    changes = [event["event"] for event in ada.events(f"conversation:{first}")]
    assert changes[-1] == "conversation.assignee_changed"
    assert take(bob)["id"] == second
    ada.patch(f"/conversations/{third}", {"status": "snoozed"})
    assert take(bob) is None
    visitor.post("/conversations/take", {}, 403)
    desk.agent("vera", role="viewer").post("/conversations/take", {}, 403)


def test_taking_again_under_the_same_id_gives_the_same(desk: Desk) -> None:
    visitor, ada = desk.visitor(), desk.agent("ada")
    first, second = (visitor.begin(str(number))["id"] for number in range(2))
    assert take(ada, client_id="one")["id"] == first
    assert take(ada, client_id="one")["id"] == first
    assert (
        ada.post("/conversations/take", {}, 200, **{"Idempotency-Key": "one"})["conversation"]["id"]
        == first
    )
    assert take(ada, client_id="two")["id"] == second
    headers = {"Idempotency-Key": "three"}
    ada.patch(f"/conversations/{first}", {"subject": "x"}, 200, **headers)
    problem = ada.post("/conversations/take", {}, 409, **headers)
    assert problem["code"] == "client_id_conflict"


def test_taking_at_the_same_time_under_one_id_gives_one(desk: Desk) -> None:
    """A request that is repeated before its answer came must not take a second conversation, and
    must not keep other writers waiting."""
    visitor, ada = desk.visitor(), desk.agent("ada")
    waiting = {visitor.begin(str(number))["id"] for number in range(5)}
    for key in ("one", "two"):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            taken = {
                item["id"] for item in pool.map(lambda _, id=key: take(ada, client_id=id), range(6))
            }
        assert len(taken) == 1
        assert taken < waiting
        waiting -= taken
    assert ada.get("/conversations/counts")["mine"]["open"] == 2


def test_taking_and_changing_at_the_same_time_under_one_id_is_a_conflict(desk: Desk) -> None:
    visitor, ada = desk.visitor(), desk.agent("ada")
    first = visitor.begin("first")["id"]
    path = f"/conversations/{first}"
    for number in range(4):
        visitor.begin(str(number))
        headers = {"Idempotency-Key": f"key {number}"}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            asked = [
                pool.submit(ada.http.request, method, where, json=fields, headers=headers)
                for method, where, fields in [
                    ("PATCH", path, {"subject": str(number)}),
                    ("POST", "/conversations/take", {}),
                ]
                * 2
            ]
        codes = [answer.result().status_code for answer in asked]
        assert sorted(set(codes)) == [200, 409], codes


def test_agents_who_take_at_the_same_time_get_different_ones(desk: Desk) -> None:
    visitor = desk.visitor()
    conversations = {visitor.begin(str(number))["id"] for number in range(12)}
    agents = [desk.agent(f"agent-{number}") for number in range(4)]
    with concurrent.futures.ThreadPoolExecutor(len(agents)) as pool:
        taken = list(pool.map(lambda number: take(agents[number % 4])["id"], range(12)))
    assert sorted(taken) == sorted(conversations)


def test_a_reply_assigns_what_nobody_has(desk: Desk) -> None:
    visitor, ada, bob = desk.visitor(), desk.agent("ada", name="Ada"), desk.agent("bob")
    conversation = visitor.begin("Hello?")["id"]
    path = f"/conversations/{conversation}"
    bob.write(conversation, "A note", visibility="internal")
    assert bob.get(path)["assignee"] is None
    ada.write(conversation, "Hello!")
    assert ada.get(path)["assignee"] == {"id": ada.id, "name": "Ada", "avatar_url": None}
    said, taken = visitor.events(f"conversation:{conversation}")[-2:]
    assert (said["event"], taken["event"]) == ("message.created", "conversation.assignee_changed")
    assert (taken["data"]["assignee"]["id"], taken["data"]["actor"]["id"]) == (ada.id, ada.id)
    # In one commit, so the inbox is told once, of both.
    told = [
        event["data"]["assignee"]
        for event in ada.events(f"inbox:{desk.organization}")
        if event["data"]["counts"]["agent"] == 1
    ]
    assert [assignee and assignee["id"] for assignee in told] == [ada.id]
    bob.write(conversation, "I can help as well")
    assert bob.get(path)["assignee"]["id"] == ada.id
    # Who begins a conversation has it.
    contact = ada.get(path)["contact"]["id"]
    begun = bob.begin("One more thing", contact_id=contact)
    assert begun["assignee"]["id"] == bob.id
    # Given to nobody again, the next answer takes it.
    ada.patch(path, {"assignee_id": None})
    bob.write(conversation, "Mine now")
    assert bob.get(path)["assignee"]["id"] == bob.id
    # And a repetition of an answer takes nothing.
    ada.patch(path, {"assignee_id": None})
    message = {"body": "Once", "client_id": secrets.token_hex(8)}
    ada.post(f"{path}/messages", message)
    ada.patch(path, {"assignee_id": None})
    ada.post(f"{path}/messages", message, 200)
    assert ada.get(path)["assignee"] is None


@pytest.mark.parametrize(
    "text", ["\u3164", "\ufe0f\ufe0f", "\u115f \u200d", "\u2800", "\U000e0100"]
)
def test_a_text_that_shows_nothing_is_empty(desk: Desk, text: str) -> None:
    visitor, ada = desk.visitor(), desk.agent("ada")
    conversation = visitor.begin("Hello?")["id"]
    assert visitor.write(conversation, text, 422)["code"] == "body_empty"
    assert ada.write(conversation, text, 422, visibility="internal")["code"] == "body_empty"
    ada.patch(f"/conversations/{conversation}", {"subject": text}, 422)
    ada.patch(f"/conversations/{conversation}", {"tags": [text]}, 422)
    message = {"message": {"body": text, "client_id": "x"}}
    assert visitor.post("/conversations", message, 422)["code"] == "body_empty"


def test_who_is_named_by_nothing_visible_has_no_name(desk: Desk) -> None:
    visitor, ada = desk.visitor("m", name="\u3164"), desk.agent("ada")
    conversation = visitor.begin("Hello?")["id"]
    assert ada.get(f"/conversations/{conversation}")["contact"]["name"] is None


def test_length_is_counted_in_code_points(desk: Desk) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin("Hello?")["id"]
    visitor.write(conversation, "👍" * 10_000)
    assert visitor.write(conversation, "👍" * 10_001, 422)["code"] == "body_too_long"
