"""The stream of a visitor: what their list of conversations shows, and nothing for each message."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.people import Desk, Person

#: What events of a visitor's stream say, and no other event.
TOLD = ("id", "status", "subject", "assignee", "created_at")


def told(visitor: Person) -> list[dict[str, Any]]:
    events = visitor.events(f"visitor:{visitor.id}")
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["event"] for event in events} <= {"own_conversation.updated"}
    return [event["data"] for event in events]


def invite(agent: Person, conversation: str) -> str:
    """The agent begins another conversation with the same visitor."""
    contact = agent.get(f"/conversations/{conversation}")["contact"]["id"]
    return agent.begin("May I help?", contact_id=contact)["id"]


def test_a_conversation_that_anybody_begins_is_told(desk: Desk) -> None:
    vera, ada = desk.visitor(), desk.agent()
    first = vera.begin("Hello")
    second = invite(ada, first["id"])
    begun, invited = told(vera)
    assert (begun["id"], begun["last_message"]["text"], begun["head"]) == (first["id"], "Hello", 1)
    assert begun["counts"] == {"visitor": 1, "agent": 0}
    assert (invited["id"], invited["last_message"]["text"]) == (second, "May I help?")
    # The agent who begins one gets it.
    assert invited["assignee"]["id"] == ada.id
    assert not {"priority", "tags", "contact", "notes_head", "access_labels"} & set(begun)


def test_messages_and_what_visitors_do_not_see_are_not_told(desk: Desk) -> None:
    vera, ada = desk.visitor(), desk.agent()
    conversation = vera.begin("Hello")["id"]
    ada.write(conversation, "I take it")
    assert len(told(vera)) == 2
    for number in range(3):
        vera.write(conversation, f"again {number}")
        ada.write(conversation, f"answer {number}")
        ada.write(conversation, f"note {number}", visibility="internal")
    ada.patch(f"/conversations/{conversation}", {"priority": "high", "tags": ["tea"]})
    assert len(told(vera)) == 2


def test_what_the_list_shows_is_told_whoever_changes_it(desk: Desk) -> None:
    vera, ada = desk.visitor(), desk.agent()
    conversation = vera.begin("Hello")["id"]
    path = f"/conversations/{conversation}"
    # The answer assigns it; the visitor's reply opens it again.
    ada.write(conversation, "I take it")
    ada.patch(path, {"status": "resolved"})
    vera.write(conversation, "It broke again")
    ada.patch(path, {"subject": "A kettle", "assignee_id": None})
    _, taken, resolved, reopened, *changed = told(vera)
    assert (taken["assignee"]["id"], taken["last_message"]["text"]) == (ada.id, "I take it")
    assert resolved["status"] == "resolved"
    assert (reopened["status"], reopened["last_message"]["text"]) == ("open", "It broke again")
    # One event for each commit, whatever it changes.
    (last,) = changed
    assert (last["subject"], last["assignee"]) == ("A kettle", None)


def test_a_deleted_text_is_in_no_event(desk: Desk) -> None:
    vera = desk.visitor()
    conversation = vera.begin("my password is 12345")
    (message,) = vera.thread(conversation["id"])
    vera.patch(f"/messages/{message['id']}", {"body": "my password is 54321"})
    assert [event["last_message"]["text"] for event in told(vera)] == ["my password is 54321"]
    vera.delete(f"/messages/{message['id']}")
    assert [event["last_message"]["text"] for event in told(vera)] == [""]


@pytest.mark.anyio
async def test_another_tab_hears_of_it_at_once(desk: Desk) -> None:
    vera, ada = desk.visitor(), desk.agent()
    first = vera.begin("Hello")["id"]
    async with Client(vera.base, vera) as tab:
        stream = f"visitor:{vera.id}"
        assert tab.welcome["principal"]["id"] == vera.id
        assert (await tab.subscribe(stream))["head"] == 1
        second = invite(ada, first)
        event = await tab.until_frame("event", stream=stream)
        assert (event["seq"], event["data"]["id"]) == (2, second)


@pytest.mark.parametrize("seed", range(3))
def test_the_list_and_its_events_are_the_fresh_list(desk: Desk, seed: int) -> None:
    """Whatever happens, also between the reading of the list and the first event."""
    dice = random.Random(seed)
    vera, walt, ada, ben = desk.visitor(), desk.visitor(), desk.agent(), desk.agent()
    assert ben.id
    conversations = [vera.begin("Hello")["id"], walt.begin("Hello")["id"]]
    mine = [conversations[0]]

    def once() -> None:
        conversation = dice.choice(conversations)
        owner = vera if conversation in mine else walt
        what = dice.randrange(7)
        if what == 0:
            owner.write(conversation, "again")
        elif what == 1:
            ada.write(conversation, "answer", visibility=dice.choice(["public", "internal"]))
        elif what == 2:
            conversations.append(invite(ben, conversation))
            if owner is vera:
                mine.append(conversations[-1])
        else:
            change = dice.choice(
                [
                    *({"status": status} for status in ("open", "pending", "snoozed", "resolved")),
                    *({"assignee_id": id} for id in (ada.id, ben.id, None)),
                    *({"subject": subject} for subject in ("Tea", None)),
                    {"tags": ["tea"], "priority": "low"},
                ]
            )
            answer = ada.http.patch(f"/conversations/{conversation}", json=change)
            if answer.status_code != 200:
                # Nothing can be put away that is resolved.
                assert answer.json()["code"] == "impossible_transition"

    for _ in range(6):
        once()
    head = vera.get(f"/streams/visitor:{vera.id}/events", limit=1)["head"]
    for _ in range(3):
        once()
    shown = {row["id"]: row for row in vera.get("/conversations")["items"]}
    for _ in range(12):
        once()
    after = told(vera)[head:]
    for data in after:
        shown[data["id"]] = {**shown.get(data["id"], {}), **data}
    fresh = {row["id"]: row for row in vera.get("/conversations")["items"]}
    assert {id: {name: row[name] for name in TOLD} for id, row in shown.items()} == {
        id: {name: row[name] for name in TOLD} for id, row in fresh.items()
    }
    # The messages after each event are in the conversation's own stream.
    for id, row in shown.items():
        later = [
            event["data"]
            for event in vera.events(f"conversation:{id}")[row["head"] :]
            if event["event"] == "message.created"
        ]
        sides = [message["sender"]["kind"] for message in later]
        assert row["counts"]["visitor"] + sides.count("visitor") == fresh[id]["counts"]["visitor"]
        assert row["counts"]["agent"] + sides.count("agent") == fresh[id]["counts"]["agent"]
        last = later[-1]["id"] if later else row["last_message"]["id"]
        assert last == fresh[id]["last_message"]["id"]
