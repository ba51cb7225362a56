"""Teams over REST: who sees and changes them, what is refused, who is told, and the conversations
that are theirs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.features.teams import rules
from tests.support.people import Desk, Person


def create(person: Person, name: str = "Billing", status: int = 201, **fields: Any) -> Any:
    return person.post("/teams", {"name": name, **fields}, status)


def told(desk: Desk) -> list[tuple[str, Any]]:
    events = desk.agent().events(f"inbox:{desk.organization}")
    return [(item["event"], item["data"]) for item in events if item["event"].startswith("team.")]


def test_one_is_created_changed_and_deleted(desk: Desk, stranger_desk: Desk) -> None:
    boss, ada, bob = desk.agent(role=Role.ADMIN), desk.agent(), desk.agent()
    for person in (ada, bob):
        person.get("/me")
    made = create(boss, " Billing ", description="Invoices", members=[bob.id, ada.id, bob.id])
    assert made == {
        "id": made["id"],
        "name": "Billing",
        "description": "Invoices",
        "members": sorted([ada.id, bob.id]),
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert made["id"].startswith("team_")
    path = f"/teams/{made['id']}"
    assert ada.get(path) == made
    assert ada.get("/teams") == {"items": [made], "next_cursor": None}
    assert stranger_desk.agent().get("/teams")["items"] == []
    changed = boss.patch(path, {"name": "Money", "members": [ada.id]})
    assert changed == {**made, "name": "Money", "members": [ada.id]} | {
        "updated_at": changed["updated_at"]
    }
    assert changed["updated_at"] > made["updated_at"]
    # What is so already is no change.
    assert boss.patch(path, {"name": "Money"}) == changed
    assert boss.patch(path, {}) == changed
    assert boss.delete(path) == changed
    boss.delete(path, 404)
    boss.patch(path, {"name": "Again"}, 404)
    ada.get(path, 404)
    assert ada.get("/teams")["items"] == []
    assert [(name, data["team"], data["actor"]["id"]) for name, data in told(desk)] == [
        ("team.created", made, boss.id),
        ("team.changed", changed, boss.id),
        ("team.deleted", changed, boss.id),
    ]
    assert all(data["id"] == made["id"] for _, data in told(desk))
    assert told(stranger_desk) == []


def test_they_are_listed_by_name(desk: Desk) -> None:
    boss = desk.agent(role=Role.OWNER)
    for name in ("shipping", "Billing", "Zoo", "apples"):
        create(boss, name)
    names = [item["name"] for item in boss.get("/teams")["items"]]
    assert names == ["apples", "Billing", "shipping", "Zoo"]


def test_a_name_is_used_once(desk: Desk, stranger_desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    made, other = create(boss, "Billing"), create(boss, "Returns")
    refused = create(boss, "BILLING", 409)
    assert (refused["code"], refused["field"]) == ("team_name_taken", "name")
    assert boss.patch(f"/teams/{other['id']}", {"name": "billing"}, 409)["code"] == (
        "team_name_taken"
    )
    # Its own name in another spelling, and another organisation's.
    assert boss.patch(f"/teams/{made['id']}", {"name": "billing"})["name"] == "billing"
    create(stranger_desk.agent(role=Role.ADMIN), "Billing")
    # The name of a deleted one is free, and it can be deleted again.
    for _ in range(2):
        boss.delete(f"/teams/{made['id']}")
        made = create(boss, "Billing")


def test_a_name_may_look_like_the_id_of_a_team(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    made = create(boss)
    create(boss, made["id"])
    boss.delete(f"/teams/{made['id']}")
    assert [team["name"] for team in boss.get("/teams")["items"]] == [made["id"]]


def test_two_at_once_get_one_name_once(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    with ThreadPoolExecutor(4) as pool:
        body = {"name": "Billing"}
        answers = list(pool.map(lambda _: boss.http.post("/teams", json=body), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(boss.get("/teams")["items"]) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * (rules.MOST_NAME + 1)}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"description": "x" * (rules.MOST_DESCRIPTION + 1)}, "description"),
        ({"description": "two\nlines"}, "description"),
        ({"members": ["agt_nobody"]}, "members"),
        ({"members": ["nul\0"]}, "members"),
        ({"members": [f"agt_{number}" for number in range(rules.MOST_MEMBERS + 1)]}, "members"),
    ],
)
def test_what_is_refused(desk: Desk, fields: dict[str, Any], field: str) -> None:
    boss = desk.agent(role=Role.ADMIN)
    made = create(boss)
    body = {"name": "Another", **fields}
    assert boss.post("/teams", body, 422)["field"] == field
    assert boss.patch(f"/teams/{made['id']}", fields, 422)["field"] == field
    assert boss.get("/teams")["items"] == [made]


def test_an_agent_of_another_organisation_is_no_member(desk: Desk, stranger_desk: Desk) -> None:
    stranger = stranger_desk.agent()
    stranger.get("/me")
    refused = create(desk.agent(role=Role.ADMIN), status=422, members=[stranger.id])
    assert refused["field"] == "members"


def test_only_so_many(desk: Desk) -> None:
    boss = desk.agent(role=Role.ADMIN)
    for number in range(rules.MOST_TEAMS):
        create(boss, f"Team {number}")
    assert create(boss, "One more", 409)["code"] == "too_many_teams"


def test_a_conversation_goes_to_a_team(desk: Desk) -> None:
    boss, ada, mia = desk.agent(role=Role.ADMIN), desk.agent(), desk.visitor()
    first, second = create(boss, "Billing"), create(boss, "Returns")
    about = mia.begin("Hello")["id"]
    path = f"/conversations/{about}"
    assert ada.get(path)["team"] is None
    named = {"id": first["id"], "name": "Billing"}
    assert ada.patch(path, {"team_id": first["id"]})["team"] == named
    assert ada.patch(path, {"team_id": first["id"]})["team"] == named
    other = {"id": second["id"], "name": "Returns"}
    changed = ada.patch(path, {"team_id": second["id"], "assignee_id": ada.get("/me")["id"]})
    assert (changed["team"], changed["assignee"]["id"]) == (other, ada.id)
    assert ada.patch(path, {"team_id": "team_nobody"}, 422)["field"] == "team_id"
    assert ada.patch(path, {"team_id": None})["team"] is None
    told = [
        (item["data"]["previous"], item["data"]["team"], item["data"]["actor"]["id"])
        for item in ada.events(f"notes:{about}")
        if item["event"] == "conversation.team_changed"
    ]
    assert told == [(None, named, ada.id), (named, other, ada.id), (other, None, ada.id)]
    # It is nothing that visitors see.
    assert "team" not in mia.get(path)
    assert "team" not in str(mia.events(f"conversation:{about}"))
    listed = [
        item["data"]["team"]
        for item in ada.events(f"inbox:{desk.organization}")
        if item["event"] == "conversation.updated"
    ]
    assert listed[-3:] == [named, other, None]


def test_a_new_name_shows_and_a_deleted_team_keeps_its_own(desk: Desk) -> None:
    boss, mia = desk.agent(role=Role.ADMIN), desk.visitor()
    team = create(boss)
    path = f"/conversations/{mia.begin('Hello')['id']}"
    boss.patch(path, {"team_id": team["id"]})
    boss.patch(f"/teams/{team['id']}", {"name": "Money"})
    assert boss.get(path)["team"]["name"] == "Money"
    # What is in memory is no longer as it was either.
    assert boss.patch(path, {"priority": "high"})["team"]["name"] == "Money"
    boss.delete(f"/teams/{team['id']}")
    assert boss.get(path)["team"] == {"id": team["id"], "name": "Money"}
    assert boss.patch(path, {"priority": "low"})["team"]["name"] == "Money"
    other = f"/conversations/{mia.begin('Hello again')['id']}"
    assert boss.patch(other, {"team_id": team["id"]}, 422)["field"] == "team_id"


def test_lists_and_counts_of_a_team(desk: Desk, stranger_desk: Desk) -> None:
    boss, ada, mia = desk.agent(role=Role.ADMIN), desk.agent(), desk.visitor()
    me = ada.get("/me")["id"]
    team, other = create(boss)["id"], create(boss, "Returns")["id"]
    ours, mine, theirs, nobodys, done = (mia.begin(f"Hello {n}")["id"] for n in range(5))
    for about in (ours, mine, done):
        ada.patch(f"/conversations/{about}", {"team_id": team})
    ada.patch(f"/conversations/{theirs}", {"team_id": other})
    ada.patch(f"/conversations/{mine}", {"assignee_id": me})
    ada.patch(f"/conversations/{done}", {"status": "resolved"})

    def found(**query: Any) -> list[str]:
        return [item["id"] for item in ada.get("/conversations", team=team, **query)["items"]]

    assert found() == [done, mine, ours]
    assert found(status="open") == [mine, ours]
    assert found(assignee="me") == [mine]
    assert found(assignee="unassigned", status="open") == [ours]
    assert found(order="longest_waiting") == [ours, mine]
    page = ada.get("/conversations", team=team, limit=2)
    assert [item["id"] for item in page["items"]] == [done, mine]
    assert found(cursor=page["next_cursor"], limit=2) == [ours]
    counts = ada.get("/conversations/counts", team=team)
    assert (counts["mine"], counts["unassigned"], counts["all"]) == (
        {"open": 1, "waiting": 1},
        {"open": 1, "waiting": 1},
        {"open": 2, "waiting": 2},
    )
    assert ada.get("/conversations/counts")["all"]["open"] == 4
    assert ada.get("/conversations", team="team_nobody")["items"] == []
    assert stranger_desk.agent().get("/conversations", team=team)["items"] == []
    assert nobodys in [item["id"] for item in ada.get("/conversations")["items"]]
    mia.get("/conversations", 403, team=team)
