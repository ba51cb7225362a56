"""What was edited away is told to no visitor again, kept for agents, and gone when deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from campfire_chat.features.messages.versions import MOST_EDITS
from tests.support.client import Client
from tests.support.people import Desk, Person
from tests.support.truth import Truth


def texts(person: Person, message: str) -> list[str]:
    return [item["body"] for item in person.get(f"/messages/{message}/versions")["items"]]


def stored(url: str, organization: str) -> str:
    """Every event of an organisation, as it is stored."""
    return json.dumps(Truth(url).streams(organization), ensure_ascii=False)


def test_no_replay_brings_an_edited_text_back(desk: Desk, shared_database_url: str) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("My number is 4111")["id"]
    stream = f"conversation:{conversation}"
    [first] = visitor.thread(conversation)
    answer = agent.write(conversation, "Never, at the price of 99")
    visitor.patch(f"/messages/{first['id']}", {"body": "My number is 4222"})
    visitor.patch(f"/messages/{first['id']}", {"body": "My number is private"})
    agent.patch(f"/messages/{answer['id']}", {"body": "Gladly"})
    note = agent.write(conversation, "A rude remark", visibility="internal")
    agent.patch(f"/messages/{note['id']}", {"body": "A remark"})
    for person in (visitor, agent):
        events = person.events(stream)
        assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
        # Whoever answers gets the conversation.
        events = [event for event in events if event["event"].startswith("message.")]
        assert [event["event"] for event in events] == [
            *("message.created", "message.created"),
            *("message.updated", "message.updated", "message.updated"),
        ]
        said = {event["data"]["body"] for event in events}
        assert said == {"My number is private", "Gladly"}
        # The state that the events lead to is the one that the thread shows.
        assert {event["data"]["id"]: event["data"] for event in events} == {
            message["id"]: message
            for message in person.thread(conversation)
            if message["visibility"] == "public"
        }
    everything = stored(shared_database_url, desk.organization)
    for gone in ("number is 4111", "number is 4222", "at the price of 99", "rude"):
        assert gone not in everything
    assert texts(agent, first["id"]) == ["My number is 4111", "My number is 4222"]
    assert texts(agent, answer["id"]) == ["Never, at the price of 99"]
    assert texts(agent, note["id"]) == ["A rude remark"]


def test_earlier_texts_have_their_times_and_pages(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("0")["id"]
    [message] = visitor.thread(conversation)
    written = [message["at"]]
    for number in range(1, 6):
        edited = visitor.patch(f"/messages/{message['id']}", {"body": str(number)})
        written.append(edited["edited_at"])
    # The same text again is no edit.
    visitor.patch(f"/messages/{message['id']}", {"body": "5"})
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = agent.get(f"/messages/{message['id']}/versions", limit=2, **more)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [(item["number"], item["body"], item["at"]) for item in found] == [
        (number, str(number - 1), written[number - 1]) for number in range(1, 6)
    ]
    agent.get(f"/messages/{message['id']}/versions", 422, cursor="nonsense")


def test_a_message_is_not_edited_for_ever(desk: Desk) -> None:
    """Each edit rewrites the events of all earlier ones, and everybody else waits meanwhile."""
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("0")["id"]
    [message] = visitor.thread(conversation)
    path = f"/messages/{message['id']}"
    for number in range(1, MOST_EDITS + 1):
        visitor.patch(path, {"body": str(number)})
    problem = visitor.patch(path, {"body": "once more"}, 422)
    assert (problem["code"], problem["field"]) == ("invalid", "body")
    assert visitor.thread(conversation)[0]["body"] == str(MOST_EDITS)
    # What it says already is no edit, and deleting is one no more.
    visitor.patch(path, {"body": str(MOST_EDITS)})
    events = visitor.events(f"conversation:{conversation}")
    assert len(events) == MOST_EDITS + 1
    assert {event["data"]["body"] for event in events} == {str(MOST_EDITS)}
    previews = agent.events(f"inbox:{desk.organization}")
    assert {event["data"]["last_message"]["text"] for event in previews} == {str(MOST_EDITS)}
    visitor.write(conversation, "Another one")
    visitor.delete(path)
    assert texts(agent, message["id"]) == []


def test_agents_alone_see_them(desk: Desk, stranger_desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("First")["id"]
    [message] = visitor.thread(conversation)
    visitor.patch(f"/messages/{message['id']}", {"body": "Second"})
    path = f"/messages/{message['id']}/versions"
    visitor.get(path, 403)
    desk.visitor().get(path, 403)
    stranger_desk.agent().get(path, 404)
    desk.nobody().get(path, 401)
    agent.get("/messages/msg_nothing/versions", 404)
    assert texts(desk.agent(role="viewer"), message["id"]) == ["First"]
    assert texts(agent, agent.write(conversation, "Never edited")["id"]) == []


@pytest.mark.parametrize("who", ["author", "admin"])
def test_deleting_takes_the_earlier_texts_too(
    desk: Desk, shared_database_url: str, who: str
) -> None:
    visitor, agent, admin = desk.visitor(), desk.agent(), desk.agent(role="admin")
    conversation = visitor.begin("Hello?")["id"]
    message = agent.write(conversation, "The first secret")
    agent.patch(f"/messages/{message['id']}", {"body": "The second secret"})
    (agent if who == "author" else admin).delete(f"/messages/{message['id']}")
    assert texts(admin, message["id"]) == []
    assert "secret" not in stored(shared_database_url, desk.organization)
    truth = Truth(shared_database_url)
    assert not truth.query(
        "SELECT body FROM campfire_message_versions WHERE org_id = ?", desk.organization
    )
    agent.patch(f"/messages/{message['id']}", {"body": "Again"}, 409)
    assert texts(admin, message["id"]) == []


def test_a_refused_edit_keeps_nothing(desk: Desk) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("Mine")["id"]
    [message] = visitor.thread(conversation)
    path = f"/messages/{message['id']}"
    agent.patch(path, {"body": "Not mine"}, 403)
    visitor.patch(path, {"body": " "}, 422)
    assert texts(agent, message["id"]) == []
    # An edit that is repeated under its id is one edit.
    for _ in range(2):
        visitor.patch(path, {"body": "Edited"}, **{"Idempotency-Key": "once"})
    assert texts(agent, message["id"]) == ["Mine"]


@pytest.mark.anyio
async def test_a_socket_that_comes_back_is_told_the_new_text(desk: Desk, connect: Any) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin("Old text")["id"]
    [message] = visitor.thread(conversation)
    live: Client = await connect(visitor)
    await live.subscribe(f"conversation:{conversation}")
    visitor.patch(f"/messages/{message['id']}", {"body": "New text"})
    await live.until_seq(f"conversation:{conversation}", 2)
    late: Client = await connect(visitor)
    await late.subscribe(f"conversation:{conversation}", after=0)
    await late.until_seq(f"conversation:{conversation}", 2)
    assert "Old text" not in json.dumps(late.frames)


@pytest.mark.parametrize("person", ["visitor", "agent"])
def test_an_edit_and_a_deletion_may_be_repeated(desk: Desk, person: str) -> None:
    """With the same key it happens once. The answer is the message as it is by then."""
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("first")["id"]
    writer = visitor if person == "visitor" else agent
    message = writer.write(conversation, "second")["id"]
    path = f"/messages/{message}"

    def again(method: str, key: str, **more: Any) -> dict[str, Any]:
        answer = writer.http.request(method, path, headers={"Idempotency-Key": key}, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    edited = again("PATCH", "e1", json={"body": "third"})
    assert again("PATCH", "e1", json={"body": "third"}) == edited
    later = again("PATCH", "e2", json={"body": "fourth"})
    # The first edit does not come back over the second one.
    assert again("PATCH", "e1", json={"body": "third"}) == later
    conflict = writer.http.patch(path, json={"body": "x"}, headers={"Idempotency-Key": "e1"})
    assert conflict.status_code == 409
    assert [one["body"] for one in visitor.thread(conversation)] == ["first", "fourth"]
    deleted = again("DELETE", "d1")
    assert deleted["body"] == ""
    assert again("DELETE", "d1") == deleted
    assert again("PATCH", "e2", json={"body": "fourth"}) == deleted
    kinds = [event["event"] for event in visitor.events(f"conversation:{conversation}")]
    assert kinds.count("message.updated") == 2
    assert kinds.count("message.deleted") == 1
