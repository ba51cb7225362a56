"""What reports ask of agents: when they were available, and which conversations they had."""

from __future__ import annotations

from typing import Any

from tests.support.people import Desk, Person


def told(agent: Person, desk: Desk) -> list[dict[str, Any]]:
    events = agent.events(f"inbox:{desk.organization}")
    return [event["data"] for event in events if event["event"] == "agent.availability_changed"]


def test_an_availability_is_told_with_who_chose_it(desk: Desk) -> None:
    ada, boss = desk.agent(name="Ada"), desk.agent(role="admin", name="Grace")
    path = f"/agents/{ada.id}/availability"
    ada.put(path, {"availability": "busy"})
    boss.put(path, {"availability": "away"})
    first, second = told(boss, desk)
    assert first == {
        "id": ada.id,
        "availability": "busy",
        "previous": "online",
        "actor": {"kind": "agent", "id": ada.id, "name": "Ada", "avatar_url": None},
    }
    assert (second["availability"], second["previous"]) == ("away", "busy")
    assert (second["id"], second["actor"]["id"]) == (ada.id, boss.id)


def test_the_same_availability_is_no_event(desk: Desk) -> None:
    ada = desk.agent()
    for _ in range(2):
        ada.put(f"/agents/{ada.id}/availability", {"availability": "busy"})
    assert len(told(ada, desk)) == 1


def test_what_is_refused_is_no_event(desk: Desk) -> None:
    ada, ben, boss = desk.agent(), desk.agent(), desk.agent(role="admin")
    ada.put(f"/agents/{ben.id}/availability", {"availability": "busy"}, 403)
    boss.put("/agents/agt_unknown/availability", {"availability": "busy"}, 404)
    assert told(ada, desk) == []


def test_an_assignment_says_from_whom_to_whom(desk: Desk) -> None:
    vera, ada, ben = desk.visitor(), desk.agent(name="Ada"), desk.agent(name="Ben")
    conversation = vera.begin()["id"]
    # The answer assigns it, then it is handed on, and left to nobody.
    ada.write(conversation, "I take it")
    for assignee in (ben.id, ben.id, None):
        ada.patch(f"/conversations/{conversation}", {"assignee_id": assignee})
    changes = [
        event["data"]
        for event in ada.events(f"conversation:{conversation}")
        if event["event"] == "conversation.assignee_changed"
    ]
    ways = [
        tuple(one and one["name"] for one in (change["previous"], change["assignee"]))
        for change in changes
    ]
    assert ways == [(None, "Ada"), ("Ada", "Ben"), ("Ben", None)]
    assert {change["actor"]["id"] for change in changes} == {ada.id}
