"""Drafts: an agent's own, on all devices, and told without their text."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from campfire_chat.features.drafts import rules
from tests.support.people import Desk, Person


def path(about: str) -> str:
    return f"/conversations/{about}/draft"


def told(person: Person) -> list[dict[str, Any]]:
    events = person.events(f"agent:{person.id}")
    return [item["data"] for item in events if item["event"] == "draft.changed"]


def test_a_draft_is_kept_told_and_cleared(desk: Desk, stranger_desk: Desk) -> None:
    ada, ben, mia = desk.agent(name="Ada"), desk.agent(name="Ben"), desk.visitor()
    about = mia.begin()["id"]
    nothing = {
        "conversation_id": about,
        "reply": "",
        "note": "",
        "visibility": "public",
        "reply_to": None,
        "updated_at": None,
    }
    assert ada.get(path(about)) == nothing
    assert ada.put(path(about), {}) == nothing
    message = mia.thread(about)[0]["id"]
    wanted = {"reply": "Secret\n", "note": " n", "visibility": "internal", "reply_to": message}
    first = ada.put(path(about), {**wanted, "base": None})
    assert first == {**nothing, **wanted, "updated_at": first["updated_at"]}
    assert ada.get(path(about)) == first
    assert ada.get("/drafts")["items"] == [first]
    # The same again is no change.
    assert ada.put(path(about), {**wanted, "base": None}) == first
    second = ada.put(path(about), {"reply": "Secret plan", "base": first["updated_at"]})
    assert second["updated_at"] > first["updated_at"]
    assert (second["note"], second["reply_to"]) == ("", None)
    # On another device, which did not know: it is told what there is now.
    stale = ada.http.put(path(about), json={"reply": "Old", "base": first["updated_at"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "draft_stale")
    assert stale.json()["details"] == second
    assert ada.put(path(about), {"reply": "Whatever"})["reply"] == "Whatever"
    # Everybody has their own, and sees no other.
    assert ben.get(path(about)) == nothing
    assert ben.get("/drafts")["items"] == []
    assert ada.put(path(about), {"base": ada.get(path(about))["updated_at"]}) == nothing
    assert ada.get("/drafts")["items"] == []
    assert [one["updated_at"] is None for one in told(ada)] == [False, False, False, True]
    assert told(ben) == []
    everything = [*ada.events(f"agent:{ada.id}"), *ada.events(f"inbox:{desk.organization}")]
    assert "Secret" not in str(everything)
    # A visitor has none, and of other organisations one learns nothing.
    mia.get(path(about), 403)
    mia.get("/drafts", 403)
    desk.agent(role="viewer").get(path(about), 403)
    stranger_desk.agent().get(path(about), 404)
    checked = stranger_desk.agent().http.put(path(about), json={"reply": "x"})
    assert (checked.status_code, checked.json()["code"]) == (404, "not_found")


def test_a_list_has_pages(desk: Desk) -> None:
    ada = desk.agent()
    ids = [desk.visitor().begin()["id"] for _ in range(3)]
    for about in ids:
        ada.put(path(about), {"note": about})
    first = ada.get("/drafts", limit=2)
    second = ada.get("/drafts", limit=2, cursor=first["next_cursor"])
    assert second["next_cursor"] is None
    assert [one["note"] for one in first["items"] + second["items"]] == sorted(ids)


def test_of_a_conversation_that_one_sees_no_more(desk: Desk) -> None:
    # The host of the tests reads labels there.
    boss, ada = desk.agent(role="admin"), desk.agent(name="Ada", email="labels:emea")
    shown, gone = (desk.visitor().begin()["id"] for _ in range(2))
    for about in (shown, gone):
        ada.put(path(about), {"reply": "Hi"})
    boss.patch(f"/conversations/{gone}", {"access_labels": ["vip"]})
    assert [one["conversation_id"] for one in ada.get("/drafts")["items"]] == [shown]
    ada.get(path(gone), 404)
    assert ada.http.put(path(gone), json={"reply": "Ho"}).status_code == 404
    # It can be given up, and says no more of the conversation than one that never was.
    emptied = [ada.put(path(about), {}) for about in (gone, "conv_never")]
    assert emptied[0] == {**emptied[1], "conversation_id": gone}
    boss.patch(f"/conversations/{gone}", {"access_labels": []})
    assert ada.get(path(gone))["updated_at"] is None


def test_one_that_is_not_seen_gives_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campfire_chat.features.drafts.operations.MOST_DRAFTS", 3)
    boss, ada = desk.agent(role="admin"), desk.agent(name="Ada", email="labels:emea")
    ids = [desk.visitor().begin()["id"] for _ in range(5)]
    shown, *gone = ids[:3]
    for about in (shown, *gone):
        ada.put(path(about), {"reply": "Hi"})
    for about in gone:
        boss.patch(f"/conversations/{about}", {"access_labels": ["vip"]})
    for about in ids[3:]:
        ada.put(path(about), {"reply": "Hi"})
        kept = [one["conversation_id"] for one in ada.get("/drafts")["items"]]
        assert kept == sorted({shown, *ids[3 : ids.index(about) + 1]})
    last = desk.visitor().begin()["id"]
    assert ada.http.put(path(last), json={"reply": "Hi"}).status_code == 409
    assert len(ada.get("/drafts")["items"]) == 3


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"reply": "x" * 10_001}, "body_too_long", "reply"),
        ({"note": "x" * 10_001}, "body_too_long", "note"),
        ({"note": "a\x00b"}, "invalid_text", "note"),
        ({"visibility": "secret"}, "invalid", "visibility"),
        ({"reply_to": "x" * 65}, "invalid", "reply_to"),
        ({"reply": None}, "invalid", "reply"),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, body: dict[str, Any], code: str, field: str) -> None:
    ada = desk.agent()
    about = desk.visitor().begin()["id"]
    refused = ada.http.put(path(about), json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert refused.json()["field"] == field
    assert ada.get(path(about))["updated_at"] is None


def test_only_so_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campfire_chat.features.drafts.operations.MOST_DRAFTS", 2)
    assert rules.MOST_DRAFTS > 2
    ada = desk.agent()
    ids = [desk.visitor().begin()["id"] for _ in range(3)]
    for about in ids[:2]:
        ada.put(path(about), {"reply": "Hi"})
    refused = ada.http.put(path(ids[2]), json={"reply": "Hi"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_drafts")
    # One that is there can change, and makes room when it is gone.
    ada.put(path(ids[0]), {"reply": "Hi there"})
    ada.put(path(ids[0]), {})
    ada.put(path(ids[2]), {"reply": "Hi"})


def test_of_two_devices_at_once_one_is_first(desk: Desk) -> None:
    ada = desk.agent()
    about = desk.visitor().begin()["id"]
    devices = [Person(ada.base, user=ada.user) for _ in range(4)]
    answers: list[int] = []

    def save(device: Person, number: int) -> None:
        body = {"reply": f"From {number}", "base": None}
        answers.append(device.http.put(path(about), json=body).status_code)

    threads = [
        threading.Thread(target=save, args=(device, number))
        for number, device in enumerate(devices)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 412, 412, 412]
    assert len(told(ada)) == 1
