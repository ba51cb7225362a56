"""Settings over REST: who may change them, what is refused, and who is told."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.core.runtime_settings import Scope
from campfire_chat.runtime import SETTINGS
from tests.support.people import Desk, Person


def admin(desk: Desk) -> Person:
    return desk.agent(role=Role.ADMIN)


def changed(desk: Desk) -> list[dict[str, Any]]:
    """The events that tell of settings."""
    events = desk.agent().events(f"inbox:{desk.organization}")
    return [event for event in events if event["event"].endswith("settings.changed")]


def test_every_setting_is_described(desk: Desk) -> None:
    for path, scope in {"/settings": Scope.ORGANIZATION, "/me/settings": Scope.AGENT}.items():
        answer = desk.agent().get(path)
        expected = SETTINGS.of(scope)
        assert list(answer["values"]) == [setting.name for setting in expected]
        for row, setting in zip(answer["settings"], expected, strict=True):
            assert row["name"] == setting.name
            assert row["value"] == row["default"] == answer["values"][setting.name]
            assert row["scope"] == scope.value
            assert row["permission"] == setting.permission
            assert row["editable"] is (scope is Scope.AGENT)
            assert row["description"] == setting.description
    assert all(row["editable"] for row in admin(desk).get("/settings")["settings"])


def test_an_admin_changes_the_organisation(desk: Desk, stranger_desk: Desk) -> None:
    boss = admin(desk)
    answer = boss.patch("/settings", {"widget_color": "#0F766E", "locale": "de-at"})
    assert answer["values"]["widget_color"] == "#0f766e"
    assert answer["values"]["locale"] == "de-AT"
    assert desk.agent().get("/settings") == {
        **answer,
        "settings": [{**row, "editable": False} for row in answer["settings"]],
    }
    assert stranger_desk.agent().get("/settings")["values"]["widget_color"] is None
    # Null takes the choice back, and what is left out stays.
    values = boss.patch("/settings", {"locale": None})["values"]
    assert (values["locale"], values["widget_color"]) == ("en", "#0f766e")
    (first, second) = changed(desk)
    assert first["event"] == second["event"] == "settings.changed"
    assert first["data"] == {
        "id": desk.organization,
        "changes": {
            "locale": {"before": "en", "after": "de-AT"},
            "widget_color": {"before": None, "after": "#0f766e"},
        },
        "actor": {"kind": "agent", "id": boss.id, "name": "Ada", "avatar_url": None},
    }
    assert second["data"]["changes"] == {"locale": {"before": "de-AT", "after": "en"}}
    assert changed(stranger_desk) == []


def test_what_changes_nothing_is_no_event(desk: Desk) -> None:
    boss = admin(desk)
    boss.patch("/settings", {})
    boss.patch("/settings", {"locale": "en", "name": None})
    assert changed(desk) == []


def test_an_agent_changes_their_own(desk: Desk) -> None:
    ada, viewer = desk.agent(), desk.agent(role=Role.VIEWER)
    assert ada.patch("/me/settings", {"theme": "dark"})["values"]["theme"] == "dark"
    viewer.patch("/me/settings", {"theme": "light", "details_open": False})
    for person, chosen in ((ada, ("dark", True)), (viewer, ("light", False))):
        values = person.get("/me/settings")["values"]
        assert (values["theme"], values["details_open"]) == chosen
    (event,) = ada.events(f"agent:{ada.id}")
    assert event["event"] == "own_settings.changed"
    assert event["data"] == {
        "id": ada.id,
        "changes": {"theme": {"before": "system", "after": "dark"}},
        "actor": {"kind": "agent", "id": ada.id, "name": ada.me["name"], "avatar_url": None},
    }
    (event,) = viewer.events(f"agent:{viewer.id}")
    assert set(event["data"]["changes"]) == {"details_open", "theme"}
    # Colleagues learn that there was a commit, and nothing of it.
    assert changed(desk) == []
    told = ada.events(f"inbox:{desk.organization}")
    assert [(one["seq"], one["event"], one["data"]) for one in told] == [
        (1, "hidden", {}),
        (2, "hidden", {}),
    ]


def test_what_changes_nothing_of_ones_own_is_no_event(desk: Desk) -> None:
    ada = desk.agent()
    ada.patch("/me/settings", {"theme": "dark"})
    ada.patch("/me/settings", {"theme": "dark"})
    ada.patch("/me/settings", {"theme": "light"})
    assert [event["seq"] for event in ada.events(f"agent:{ada.id}")] == [1, 2]


@pytest.mark.parametrize("role", [Role.AGENT, Role.VIEWER])
def test_others_do_not_change_the_organisation(desk: Desk, role: Role) -> None:
    answer = desk.agent(role=role).patch("/settings", {"name": "Mine"}, 403)
    assert answer["code"] == "forbidden"
    assert changed(desk) == []


def test_visitors_have_no_settings(desk: Desk) -> None:
    for path in ("/settings", "/me/settings"):
        assert desk.visitor().get(path, 403)["code"] == "forbidden"
        assert desk.visitor().patch(path, {}, 403)["code"] == "forbidden"
        assert desk.nobody().get(path, 401)["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("path", "body", "code", "field"),
    [
        ("/settings", {"nothing": 1}, "unknown_setting", "nothing"),
        ("/settings", {"theme": "dark"}, "unknown_setting", "theme"),
        ("/me/settings", {"name": "Tea"}, "unknown_setting", "name"),
        ("/settings", {"locale": "en", "time_zone": "Mars"}, "invalid_setting", "time_zone"),
        ("/settings", {"allowed_origins": ["*"]}, "invalid_setting", "allowed_origins"),
        ("/settings", {"widget_color": "red"}, "invalid_setting", "widget_color"),
        ("/settings", {"name": "a\x00"}, "invalid_setting", "name"),
        ("/settings", {"x" * 10_000: 1}, "unknown_setting", "x" * 64),
        ("/settings", ["name"], "invalid", None),
    ],
)
def test_bad_input_names_the_setting_and_changes_nothing(
    desk: Desk, path: str, body: Any, code: str, field: str | None
) -> None:
    boss = admin(desk)
    answer = boss.patch(path, body, 422)
    assert answer["code"] == code
    if field is not None:
        assert answer["field"] == field
    assert boss.get("/settings")["values"]["locale"] == "en"
    assert changed(desk) == []


def test_a_repetition_takes_effect_once(desk: Desk) -> None:
    boss, key = admin(desk), secrets.token_hex(8)
    header = {"Idempotency-Key": key}
    first = boss.patch("/settings", {"name": "Tea"}, **header)
    boss.patch("/settings", {"name": "Coffee"})
    # Answered with the present state.
    assert boss.patch("/settings", {"name": "Tea"}, **header)["values"]["name"] == "Coffee"
    assert first["values"]["name"] == "Tea"
    assert boss.patch("/settings", {"name": "Milk"}, 409, **header)["code"] == "client_id_conflict"
    assert len(changed(desk)) == 2


def test_a_change_of_another_state_is_refused(desk: Desk) -> None:
    first, second = admin(desk), admin(desk)
    read = first.get("/settings")
    assert read["etag"] == '"0"'
    tag = {"If-Match": read["etag"]}
    answer = first.patch("/settings", {"name": "Tea"}, **tag)
    assert answer["etag"] != read["etag"]
    refused = second.patch("/settings", {"name": "Coffee"}, 412, **tag)
    assert refused["code"] == "settings_stale"
    assert second.get("/settings") == answer
    assert len(changed(desk)) == 1
    # Either of several, and any.
    either = {"If-Match": f'"x", {answer["etag"]}'}
    assert second.patch("/settings", {"name": "Milk"}, **either)["values"]["name"] == "Milk"
    assert (
        second.patch("/settings", {"name": "Salt"}, **{"If-Match": "*"})["etag"] != answer["etag"]
    )
    # A weak one is never the same, and nobody else's settings count.
    weak = {"If-Match": f"W/{first.get('/settings')['etag']}"}
    assert second.patch("/settings", {"name": "Weak"}, 412, **weak)["code"] == "settings_stale"
    assert first.get("/me/settings")["etag"] == '"0"'
    own = first.patch("/me/settings", {"theme": "dark"}, **{"If-Match": '"0"'})
    assert own["values"]["theme"] == "dark"


@pytest.mark.parametrize("header", ["", "12", '"a', '"a" "b"', "x" * 4000])
def test_an_if_match_that_cannot_be_read(desk: Desk, header: str) -> None:
    answer = admin(desk).patch("/settings", {"name": "Tea"}, 422, **{"If-Match": header})
    assert (answer["code"], answer["field"]) == ("invalid", "If-Match")
    assert changed(desk) == []


def test_a_repetition_is_no_stale_change(desk: Desk) -> None:
    boss, key = admin(desk), secrets.token_hex(8)
    headers = {"Idempotency-Key": key, "If-Match": '"0"'}
    boss.patch("/settings", {"name": "Tea"}, **headers)
    assert boss.patch("/settings", {"name": "Tea"}, **headers)["values"]["name"] == "Tea"
    assert len(changed(desk)) == 1


def test_the_header_says_the_same_as_the_record(desk: Desk) -> None:
    boss = admin(desk)
    boss.patch("/settings", {"name": "Tea"})
    answer = boss.http.get("/settings")
    assert answer.headers["etag"] == answer.json()["etag"] != '"0"'


def test_each_says_which_field_edits_it(desk: Desk) -> None:
    rows = {row["name"]: row for row in desk.agent().get("/settings")["settings"]}
    assert (rows["widget_color"]["control"], rows["widget_color"]["nullable"]) == ("color", True)
    assert rows["widget_position"]["choices"] == [
        {"value": "right", "label": "Right"},
        {"value": "left", "label": "Left"},
    ]
    assert (rows["name"]["control"], rows["name"]["label"]) == ("text", "Name")
    assert rows["allowed_origins"]["control"] == "origins"
