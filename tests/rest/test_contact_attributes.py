"""Attributes of contacts: declared in the settings, set by the host app and by agents, found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from campfire_chat import Role
from tests.support.people import Desk, Person

SCHEMA: list[dict[str, Any]] = [
    {"key": "plan", "type": "choice", "choices": ["free", "pro"], "editable": False},
    {"key": "seats", "type": "number", "description": "Seats that they pay for."},
    {"key": "renews", "label": "Renews on", "type": "date"},
    {"key": "vip", "type": "boolean"},
    {"key": "city"},
    {"key": "crm", "type": "link"},
]


@pytest.fixture
def boss(desk: Desk) -> Person:
    """An admin of an organisation whose contacts have attributes."""
    boss = desk.agent(role=Role.ADMIN)
    boss.patch("/settings", {"contact_attributes": SCHEMA})
    return boss


def inbox(person: Person, desk: Desk) -> list[dict[str, Any]]:
    events = person.events(f"inbox:{desk.organization}")
    return [event["data"] for event in events if event["event"] == "contact.updated"]


def test_the_schema_is_one_of_the_organisation(
    desk: Desk, stranger_desk: Desk, boss: Person
) -> None:
    known = desk.agent(role=Role.VIEWER).get("/contact-attributes")["items"]
    assert [item["key"] for item in known] == [item["key"] for item in SCHEMA]
    assert known[2] == {
        "key": "renews",
        "label": "Renews on",
        "type": "date",
        "description": "",
        "choices": [],
        "editable": True,
        "in_code": False,
    }
    assert stranger_desk.agent().get("/contact-attributes")["items"] == []
    desk.visitor().get("/contact-attributes", 403)
    twice = boss.patch("/settings", {"contact_attributes": [{"key": "a"}, {"key": "a"}]}, 422)
    assert (twice["code"], twice["field"]) == ("invalid_setting", "contact_attributes")
    assert "two attributes with the key a" in twice["detail"]
    # A misspelt field is no field that counts for nothing.
    wrong = {"contact_attributes": [{"key": "a", "editible": False}]}
    refused = boss.patch("/settings", wrong, 422)
    assert (refused["code"], refused["field"]) == ("invalid_setting", "contact_attributes")
    assert "editible" in refused["detail"]


def test_the_host_app_sets_them_with_an_identity(desk: Desk, boss: Person) -> None:
    # What is not possible is left out, and keeps nobody from writing.
    said = {"plan": "pro", "seats": "many", "unknown": 1, "city": "Wien"}
    mia = desk.visitor("mia", name="Mia", attributes=said)
    assert boss.get("/contacts")["items"] == []
    mia.begin("Hello")
    assert boss.get("/contacts/mia")["attributes"] == {"plan": "pro", "city": "Wien"}
    # A number that no float can hold is not possible either.
    desk.visitor("mia", name="Mia", attributes={"seats": 10**400}).begin("Hello once more")
    assert boss.get("/contacts/mia")["attributes"] == {"plan": "pro", "city": "Wien"}
    # The next identity changes what it names.
    again = desk.visitor("mia", name="Mia", attributes={"plan": "free", "city": None})
    again.begin("Hello again")
    assert boss.get("/contacts/mia")["attributes"] == {"plan": "free"}
    described = [
        item for item in boss.get("/contacts/mia/timeline")["items"] if item["kind"] == "described"
    ]
    assert [(one["field"], one["before"], one["after"]) for one in described[0]["fields"]] == [
        ("attributes.plan", "pro", "free"),
        ("attributes.city", "Wien", None),
    ]
    assert inbox(boss, desk)[-1]["fields"] == ["attributes.plan", "attributes.city"]


def test_programs_set_them(desk: Desk, boss: Person) -> None:
    first = boss.put("/contacts/mia", {"name": "Mia", "attributes": {"plan": "pro", "seats": 5}})
    assert first["attributes"] == {"plan": "pro", "seats": 5}
    # What is not named stays, unlike the name.
    second = boss.put("/contacts/mia", {"attributes": {"seats": None}})
    assert (second["name"], second["attributes"]) == (None, {"plan": "pro"})
    assert boss.get("/contacts")["items"] == [second]
    bad = boss.put("/contacts/mia", {"name": "x", "attributes": {"seats": "five"}}, 422)
    assert (bad["code"], bad["field"]) == ("invalid_attribute", "attributes.seats")
    assert bad["detail"] == "Seats is a number between -2^53 and 2^53."
    unknown = boss.put("/contacts/mia", {"attributes": {"colour": "red"}}, 422)
    assert (unknown["code"], unknown["field"]) == ("invalid_attribute", "attributes.colour")
    assert boss.get("/contacts/mia") == second


def test_agents_set_those_that_they_may(desk: Desk, stranger_desk: Desk, boss: Person) -> None:
    mia = boss.put("/contacts/mia", {"name": "Mia", "attributes": {"plan": "free"}})
    agent, path = desk.agent(name="Ada"), f"/contacts/{mia['id']}"
    changed = agent.patch(path, {"attributes": {"renews": "2027-05-31", "vip": True}})
    assert changed["attributes"] == {"plan": "free", "renews": "2027-05-31", "vip": True}
    told = inbox(agent, desk)
    assert (told[-1]["id"], told[-1]["actor"]["name"]) == (mia["id"], "Ada")
    # Nothing changes, and nothing is told.
    assert agent.patch(path, {"attributes": {"vip": True}}) == changed
    assert inbox(agent, desk) == told
    latest = agent.get(f"{path}/timeline")["items"][0]
    assert (latest["actor"]["name"], latest["fields"][1]["after"]) == ("Ada", True)

    locked = agent.patch(path, {"attributes": {"plan": "pro"}}, 422)
    assert locked["detail"] == "Only the site changes Plan."
    agent.patch(path, {"attributes": {"crm": "javascript:x"}}, 422)
    huge = agent.patch(path, {"attributes": {"seats": 10**400}}, 422)
    assert huge["code"] == "invalid"
    desk.agent(role=Role.VIEWER).patch(path, {"attributes": {"vip": False}}, 403)
    stranger_desk.agent(role=Role.OWNER).patch(path, {"attributes": {"vip": False}}, 404)
    desk.visitor("mia").patch(path, {"attributes": {"vip": False}}, 403)
    assert agent.get(path) == changed


def test_who_sees_only_some_contacts_changes_only_these(desk: Desk, boss: Person) -> None:
    mia = boss.put("/contacts/mia", {"name": "Mia"})
    narrowed = desk.agent("narrow", email="labels:vip")
    narrowed.patch(f"/contacts/{mia['id']}", {"attributes": {"vip": True}}, 404)
    assert boss.get("/contacts/mia")["attributes"] == {}


def test_lists_are_filtered_by_them(desk: Desk, boss: Person) -> None:
    for number in range(12):
        said = {
            "plan": "pro" if number % 2 else "free",
            "seats": number - 3,
            "renews": f"2027-{number + 1:02}-01",
            "vip": number == 3,
            "city": "Graz" if number < 6 else "Übersee",
        }
        boss.put(f"/contacts/c{number}", {"name": f"C{number:02}", "attributes": said})
    boss.put("/contacts/none", {"name": "None"})

    def names(wanted: dict[str, Any], **query: str) -> list[str]:
        page = boss.get("/contacts", attributes=json.dumps(wanted), order="name", **query)
        return [contact["name"] for contact in page["items"]]

    assert names({"plan": "pro"}) == [f"C{number:02}" for number in range(1, 12, 2)]
    assert names({"vip": True}) == ["C03"]
    assert names({"city": "ÜBERSEE", "plan": "free"}) == ["C06", "C08", "C10"]
    assert names({"seats": {"from": -1, "to": 1}}) == ["C02", "C03", "C04"]
    assert names({"seats": {"to": -2}}) == ["C00", "C01"]
    assert names({"renews": {"from": "2027-11-01"}}, verified="true") == ["C10", "C11"]
    assert names({"plan": "pro"}, search="c07") == ["C07"]
    boss.put("/contacts/c3", {"name": "C03", "attributes": {"vip": None, "seats": 99}})
    assert names({"vip": True}) == []
    assert names({"seats": {"from": 10}}) == names({"seats": 99}) == ["C03"]


@pytest.mark.parametrize(
    "wanted",
    [
        "x",
        "[]",
        '{"colour": "red"}',
        '{"seats": "five"}',
        '{"seats": {}}',
        '{"seats": {"above": 5}}',
        '{"city": {"from": "A"}}',
        '{"plan": null}',
        '{"plan": ["pro"]}',
        json.dumps({"seats": 10**400}),
        json.dumps({"seats": {"to": 10**400}}),
        json.dumps({f"a{number}": 1 for number in range(6)}),
    ],
)
def test_bad_conditions(desk: Desk, boss: Person, wanted: str) -> None:
    refused = boss.get("/contacts", 422, attributes=wanted)
    assert refused["code"] == "invalid_attribute"
    assert refused["field"].startswith("attributes")
