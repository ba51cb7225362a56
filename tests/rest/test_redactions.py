"""What somebody has removed for good is nowhere any more, and the rest stays."""

from __future__ import annotations

import json

from campfire_chat.features.messages.rules import REMOVED
from tests.support.people import Desk, Person
from tests.support.servers import eventually
from tests.support.truth import Truth

CARD = "4111 1111 1111 1111"


def everything(url: str, organization: str) -> str:
    """Every event of an organisation, as it is stored."""
    return json.dumps(Truth(url).streams(organization), ensure_ascii=False)


def bodies(person: Person, message: str) -> list[str]:
    return [item["body"] for item in person.get(f"/messages/{message}/versions")["items"]]


def test_a_part_is_gone_from_everywhere(desk: Desk, shared_database_url: str) -> None:
    visitor, admin = desk.visitor(), desk.agent(name="Grace", role="admin")
    conversation = visitor.begin(f"Card {CARD}, and again {CARD}.")["id"]
    [message] = visitor.thread(conversation)
    visitor.patch(f"/messages/{message['id']}", {"body": f"My card is {CARD}, thanks"})
    answer = admin.write(conversation, "Got it", reply_to=message["id"])
    client = visitor.write(conversation, f"Well: {CARD}", client_id="one")
    path = f"/messages/{message['id']}/redact"
    left = admin.post(path, {"text": CARD}, 200)
    assert left["body"] == f"My card is {REMOVED}, thanks"
    assert left["redacted_at"] > left["edited_at"]
    admin.post(f"/messages/{client['id']}/redact", {"text": CARD}, 200)
    assert CARD not in everything(shared_database_url, desk.organization)
    assert bodies(admin, message["id"]) == [f"Card {REMOVED}, and again {REMOVED}."]
    for person in (visitor, admin):
        found = {item["id"]: item for item in person.thread(conversation)}
        assert found[message["id"]] == left
        assert found[answer["id"]]["reply_to"] == message["id"]
        # A replay leads to the same.
        events = person.events(f"conversation:{conversation}")
        told = [event["data"] for event in events if event["event"].startswith("message.")]
        assert {data["id"]: {**data, "actor": 0} for data in told} == {
            id: {**item, "actor": 0} for id, item in found.items()
        }
    summary = admin.get(f"/conversations/{conversation}")
    assert summary["last_message"]["text"] == f"Well: {REMOVED}"
    # The history says who has done it.
    [first, second] = [
        entry
        for entry in admin.get(f"/conversations/{conversation}/history")["items"]
        if entry["event"] == "message.redacted"
    ]
    assert (first["actor"]["name"], second["actor"]["name"]) == ("Grace", "Grace")
    assert second["data"]["body"] == left["body"]
    # Whoever sends it again, since no answer came, is answered as at first.
    again = visitor.write(conversation, f"Well: {CARD}", 200, client_id="one")
    assert again["id"] == client["id"]
    assert CARD not in everything(shared_database_url, desk.organization)


def test_the_whole_text_of_a_note(desk: Desk, shared_database_url: str) -> None:
    visitor, admin, agent = desk.visitor(), desk.agent(role="admin"), desk.agent()
    conversation = visitor.begin()["id"]
    note = admin.write(
        conversation, f"<@{agent.id}> the password is swordfish", visibility="internal"
    )
    path = f"/messages/{note['id']}/redact"
    left = admin.post(path, {}, 200)
    assert left["body"] == REMOVED
    assert admin.get(f"/messages/{note['id']}/mentions")["items"] == []
    assert "swordfish" not in everything(shared_database_url, desk.organization)
    # Twice is no more than once.
    assert admin.post(path, {}, 200) == left
    visitor.post(path, {}, 403)


def test_search_finds_the_rest_alone(desk: Desk) -> None:
    visitor, admin = desk.visitor(), desk.agent(role="admin")
    conversation = visitor.begin("Zinnober swordfish")["id"]
    [message] = visitor.thread(conversation)

    def found(words: str) -> int:
        return len(admin.post("/search", {"q": words}, 200)["items"])

    eventually(lambda: found("swordfish") == 1)
    admin.post(f"/messages/{message['id']}/redact", {"text": "swordfish"}, 200)
    # What the index still says is compared with the message.
    assert found("swordfish") == 0
    eventually(lambda: found("zinnober") == 1)


def test_what_is_refused(desk: Desk, stranger_desk: Desk) -> None:
    visitor, agent, admin = desk.visitor(), desk.agent(), desk.agent(role="admin")
    conversation = visitor.begin("It is swordfish")["id"]
    [message] = visitor.thread(conversation)
    path = f"/messages/{message['id']}/redact"
    for body in ({"text": "Swordfish"}, {"text": "nothing of it"}):
        assert admin.post(path, body, 422)["code"] == "text_not_found"
    for body in ({"text": ""}, {"text": " \u200b"}, {"text": REMOVED[:1]}, {"text": "a\x00"}):
        admin.post(path, body, 422)
    # Nobody without the permission learns whether it is there; nobody from elsewhere either.
    for person in (visitor, agent):
        assert person.post(path, {"text": "swordfish"}, 403)["code"] == "forbidden"
    stranger_desk.agent(role="admin").post(path, {"text": "swordfish"}, 404)
    admin.post("/messages/msg_none/redact", {"text": "swordfish"}, 404)
    admin.delete(f"/messages/{message['id']}")
    assert admin.post(path, {"text": "swordfish"}, 409)["code"] == "message_deleted"


def test_marks_do_not_make_it_longer_than_a_message_may_be(desk: Desk) -> None:
    visitor, admin = desk.visitor(), desk.agent(role="admin")
    runs, places = "a." + "xy" * 4_900, "xy" * 5_000
    conversation = visitor.begin(runs)["id"]
    [message] = visitor.thread(conversation)
    path = f"/messages/{message['id']}/redact"
    # A dot is a dot.
    assert admin.post(path, {"text": "."}, 200)["body"] == f"a{REMOVED}" + "xy" * 4_900
    assert admin.post(path, {"text": "xy"}, 200)["body"] == f"a{REMOVED}{REMOVED}"
    other = visitor.write(conversation, places)
    path = f"/messages/{other['id']}/redact"
    for _ in range(2):
        refused = admin.post(path, {"text": "x"}, 422)
        assert (refused["code"], refused["field"]) == ("body_too_long", "text")
        assert "Remove a longer part, or all of it." in refused["detail"]
        # What it said before counts as well, since it is kept.
        visitor.patch(f"/messages/{other['id']}", {"body": "x y"})
    assert bodies(admin, other["id"]) == [places]
    assert admin.post(path, {"text": places}, 200)["body"] == "x y"
    assert admin.post(path, {}, 200)["body"] == REMOVED


def test_the_author_goes_on_from_what_is_left(desk: Desk) -> None:
    visitor, admin = desk.visitor(), desk.agent(role="admin")
    conversation = visitor.begin("It is swordfish, and red")["id"]
    [message] = visitor.thread(conversation)
    admin.post(f"/messages/{message['id']}/redact", {"text": "swordfish"}, 200)
    edited = visitor.patch(f"/messages/{message['id']}", {"body": "It is red"})
    assert edited["redacted_at"] < edited["edited_at"]
    assert bodies(admin, message["id"]) == [f"It is {REMOVED}, and red"]
    events = admin.events(f"conversation:{conversation}")
    assert "and red" not in json.dumps(events)
