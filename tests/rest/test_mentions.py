"""Mentions in notes: who is mentioned, who is told, and what an edit and a deletion change."""

from __future__ import annotations

from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.features.mentions.rules import MOST_MENTIONS
from tests.support.client import Client
from tests.support.people import Desk, Person


def at(person_or_team: str) -> str:
    return f"<@{person_or_team}>"


def mentions(person: Person, note: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = person.get(f"/messages/{note['id']}/mentions")
    assert found["next_cursor"] is None
    return [(one["kind"], one["id"], one["name"]) for one in found["items"]]


def told(person: Person) -> list[dict[str, Any]]:
    events = person.events(f"agent:{person.id}")
    return [item["data"] for item in events if item["event"] == "mention.created"]


def test_agents_and_teams_are_mentioned_and_told(desk: Desk, stranger_desk: Desk) -> None:
    boss = desk.agent(name="Bo", role=Role.ADMIN)
    ada, ben, cleo = desk.agent(name="Ada"), desk.agent(name="Ben"), desk.agent(name="Cleo")
    members = sorted(person.id for person in (boss, ada, ben))
    team = boss.post("/teams", {"name": "Billing", "members": members})
    about = desk.visitor().begin("Hello")["id"]
    body = f"{at(team['id'])} or {at(ben.id)}: {at('agt_' + 'x' * 26)}?"
    note = boss.write(about, body, visibility="internal")
    # What is stored is what was sent.
    assert note["body"] == body
    assert mentions(cleo, note) == [("agent", ben.id, "Ben"), ("team", team["id"], "Billing")]
    where = {"conversation_id": about, "message_id": note["id"], "access_labels": []}
    actor = {"kind": "agent", "id": boss.id, "name": "Bo", "avatar_url": None}
    named = {"id": team["id"], "name": "Billing"}
    assert told(ada) == [{**where, "team": named, "actor": actor}]
    # By name, which counts more than the team, and once.
    assert told(ben) == [{**where, "team": None, "actor": actor}]
    assert told(cleo) == []
    # Nobody is told of their own note.
    assert told(boss) == []
    # What the note says is not told.
    assert body not in str(ada.events(f"agent:{ada.id}"))
    stranger_desk.agent(role=Role.OWNER).get(f"/messages/{note['id']}/mentions", 404)
    desk.visitor().get(f"/messages/{note['id']}/mentions", 403)


def test_new_names_show(desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent("ada", name="Ada")
    team = boss.post("/teams", {"name": "Billing"})
    about = desk.visitor().begin("Hello")["id"]
    note = boss.write(about, at(team["id"]) + at(ada.id), visibility="internal")
    boss.patch(f"/teams/{team['id']}", {"name": "Money"})
    assert mentions(boss, note) == [("agent", ada.id, "Ada"), ("team", team["id"], "Money")]
    boss.delete(f"/teams/{team['id']}")
    assert mentions(boss, note) == [("agent", ada.id, "Ada"), ("team", team["id"], "Money")]
    # A deleted team is mentioned no more.
    later = boss.write(about, at(team["id"]), visibility="internal")
    assert mentions(boss, later) == []


def test_an_edit_tells_only_those_who_were_not_mentioned(desk: Desk) -> None:
    boss, ada, ben = desk.agent(role=Role.ADMIN), desk.agent(name="Ada"), desk.agent(name="Ben")
    team = boss.post("/teams", {"name": "Billing", "members": sorted([ada.id, ben.id])})
    about = desk.visitor().begin("Hello")["id"]
    note = boss.write(about, at(ada.id), visibility="internal")
    path = f"/messages/{note['id']}"
    boss.patch(path, {"body": f"{at(ada.id)} and {at(team['id'])}"})
    assert mentions(boss, note) == [("agent", ada.id, "Ada"), ("team", team["id"], "Billing")]
    assert (len(told(ada)), len(told(ben))) == (1, 1)
    boss.patch(path, {"body": f"{at(team['id'])}!"})
    assert mentions(boss, note) == [("team", team["id"], "Billing")]
    assert (len(told(ada)), len(told(ben))) == (1, 1)
    boss.delete(path)
    assert mentions(boss, note) == []


def test_an_edit_does_not_tell_a_member_of_a_team_again(desk: Desk) -> None:
    boss, ada, ben = desk.agent(role=Role.ADMIN), desk.agent(name="Ada"), desk.agent(name="Ben")
    ada.get("/me"), ben.get("/me")
    first, second = (
        boss.post("/teams", {"name": name, "members": members})["id"]
        for name, members in (("Billing", [ada.id]), ("Returns", [ada.id, ben.id]))
    )
    about = desk.visitor().begin("Hello")["id"]
    note = boss.write(about, at(first), visibility="internal")
    boss.patch(f"/messages/{note['id']}", {"body": at(first) + at(second) + at(ada.id)})
    assert [one["team"]["name"] for one in told(ada)] == ["Billing"]
    assert [one["team"]["name"] for one in told(ben)] == ["Returns"]


def test_who_has_left_a_team_is_not_told(desk: Desk) -> None:
    boss, ada, ben = desk.agent(role=Role.ADMIN), desk.agent(name="Ada"), desk.agent(name="Ben")
    ada.get("/me"), ben.get("/me")
    team = boss.post("/teams", {"name": "Billing", "members": [ada.id, ben.id]})["id"]
    boss.patch(f"/teams/{team}", {"members": [ben.id]})
    about = desk.visitor().begin("Hello")["id"]
    boss.write(about, at(team), visibility="internal")
    assert (len(told(ada)), len(told(ben))) == (0, 1)


def test_who_may_not_read_notes_is_mentioned_and_not_told(desk: Desk) -> None:
    boss, keeper = desk.agent(role=Role.ADMIN), desk.agent(name="Kim", role="keeper")
    keeper.get("/me")
    team = boss.post("/teams", {"name": "Billing", "members": [keeper.id]})["id"]
    about = desk.visitor().begin("Hello")["id"]
    note = boss.write(about, at(keeper.id) + at(team), visibility="internal")
    assert [name for _, _, name in mentions(boss, note)] == ["Kim", "Billing"]
    assert keeper.events(f"agent:{keeper.id}") == []
    keeper.get(f"/messages/{note['id']}/mentions", 403)


def test_a_mention_tells_nothing_of_a_conversation_that_is_hidden(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    ada = desk.agent(name="Ada", email="labels:vip")
    ben = desk.agent(name="Ben", email="labels:emea")
    ada.get("/me"), ben.get("/me")
    team = boss.post("/teams", {"name": "Billing", "members": [ada.id, ben.id]})["id"]
    about = desk.visitor().begin("Hello")["id"]
    path = f"/conversations/{about}"
    boss.patch(path, {"access_labels": ["vip"]})
    note = boss.write(about, at(team), visibility="internal")
    boss.write(about, at(ben.id), visibility="internal")
    [one] = told(ada)
    assert (one["message_id"], one["access_labels"]) == (note["id"], ["vip"])
    hidden = ben.events(f"agent:{ben.id}")
    # The notifications of the mentions are hidden as well; they come a moment later.
    assert {(item["event"], str(item["data"])) for item in hidden} == {("hidden", "{}")}
    assert [item["seq"] for item in hidden][:2] == [1, 2]
    ben.get(f"/messages/{note['id']}/mentions", 404)
    # It is the labels of now that count, and not those of then.
    boss.patch(path, {"access_labels": ["emea"]})
    assert (len(told(ada)), len(told(ben))) == (0, 2)
    boss.patch(path, {"access_labels": []})
    assert (len(told(ada)), len(told(ben))) == (1, 2)


@pytest.mark.anyio
async def test_an_open_stream_hides_it_too(desk: Desk) -> None:
    boss, ben = desk.agent(role=Role.ADMIN), desk.agent(name="Ben", email="labels:emea")
    stream = f"agent:{ben.get('/me')['id']}"
    about = desk.visitor().begin("Hello")["id"]
    path = f"/conversations/{about}"
    async with Client(ben.base, ben) as client:
        await client.subscribe(stream)
        boss.patch(path, {"access_labels": ["vip"]})
        boss.write(about, at(ben.id), visibility="internal")
        # The mention, and the notification of it.
        await client.until_seq(stream, 2)
        boss.patch(path, {"access_labels": ["emea"]})
        boss.write(about, at(ben.id), visibility="internal")
        view = await client.until_seq(stream, 4)
    assert [event["event"] for event in view.applied] == [
        *("hidden", "hidden", "mention.created", "notification.created"),
    ]
    assert view.applied[0]["data"] == view.applied[1]["data"] == {}


def test_a_repetition_tells_once(desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent(name="Ada")
    about = desk.visitor().begin("Hello")["id"]
    body = {"body": at(ada.id), "visibility": "internal", "client_id": "once"}
    path = f"/conversations/{about}/messages"
    note = boss.post(path, body)
    assert boss.post(path, body, 200) == note
    assert len(told(ada)) == 1
    assert boss.post(path, {**body, "body": "Other"}, 409)["code"] == "client_id_conflict"
    other = {**body, "body": at(ada.id) + "!"}
    assert boss.post(path, other, 409)["code"] == "client_id_conflict"


def test_a_public_message_mentions_nobody(desk: Desk) -> None:
    boss, ada = desk.agent(role=Role.ADMIN), desk.agent(name="Ada")
    about = desk.visitor().begin("Hello")["id"]
    message = boss.write(about, at(ada.id))
    assert mentions(boss, message) == []
    boss.patch(f"/messages/{message['id']}", {"body": f"{at(ada.id)}!"})
    assert mentions(boss, message) == []
    boss.delete(f"/messages/{message['id']}")
    assert told(ada) == []


def test_too_many_are_refused(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    about = desk.visitor().begin("Hello")["id"]
    body = "".join(at(f"agt_{number:026d}") for number in range(MOST_MENTIONS + 1))
    assert boss.write(about, body, 422, visibility="internal")["field"] == "body"
    note = boss.write(about, "Hello", visibility="internal")
    assert boss.patch(f"/messages/{note['id']}", {"body": body}, 422)["field"] == "body"
