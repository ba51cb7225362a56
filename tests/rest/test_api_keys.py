"""API keys over REST: made, used, rotated and revoked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from campfire_chat import Role
from campfire_chat.core import clock
from campfire_chat.features.api_keys.rules import MOST_KEYS
from tests.support.client import Client, Closed
from tests.support.people import Desk, Person
from tests.support.truth import Truth

READS = ["agents.read", "conversations.read", "inbox.read", "notes.read", "contacts.read"]
ACTS = [*READS, "agents.impersonate", "conversations.reply", "conversations.create", "notes.write"]


def boss_of(desk: Desk) -> Person:
    return desk.agent(role=Role.ADMIN)


def made(desk: Desk, *permissions: str, **fields: Any) -> tuple[Person, dict[str, Any]]:
    body = {"name": "Shop", "permissions": list(permissions or READS), **fields}
    answer = boss_of(desk).post("/api-keys", body)
    return Person(desk.base, token=answer["secret"]), answer["key"]


def events_of(desk: Desk) -> list[dict[str, Any]]:
    events = desk.agent().events(f"inbox:{desk.organization}")
    return [event for event in events if event["event"].startswith("api_key.")]


def test_a_key_reads_what_it_may(desk: Desk) -> None:
    conversation = desk.visitor(name="Mia").begin("Hello")["id"]
    key, record = made(desk)
    assert key.me == {
        "kind": "api_key",
        "id": record["id"],
        "name": "Shop",
        "avatar_url": None,
        "email": None,
        "organization": desk.organization,
        "role": None,
        "permissions": sorted(READS),
        "verified": True,
    }
    assert [one["id"] for one in key.get("/conversations")["items"]] == [conversation]
    assert key.thread(conversation)[0]["body"] == "Hello"
    key.patch(f"/conversations/{conversation}", {"status": "resolved"}, 403)
    key.get("/api-keys", 403)
    key.get("/jobs", 403)


def test_what_a_key_changes_carries_its_name(desk: Desk) -> None:
    conversation = desk.visitor().begin("Hello")["id"]
    key, record = made(desk, *READS, "conversations.manage")
    key.patch(f"/conversations/{conversation}", {"priority": "high", "status": "resolved"})
    (event,) = [
        one
        for one in key.events(f"notes:{conversation}")
        if one["event"].endswith("priority_changed")
    ]
    assert event["data"]["actor"]["kind"] == "api_key"
    assert event["data"]["actor"]["id"] == record["id"]
    assert [one["id"] for one in key.get("/agents")["items"]] != [record["id"]]


def test_a_key_speaks_only_as_an_agent(desk: Desk) -> None:
    visitor, ada = desk.visitor(name="Mia"), desk.agent("ada lovelace/1", name="Ada")
    conversation, _ = visitor.begin("Hello")["id"], ada.me
    key, _ = made(desk, *ACTS)
    path = f"/conversations/{conversation}/messages"
    message = {"body": "On its way", "client_id": "order-17"}
    refused = key.post(path, message, 403)
    assert refused["code"] == "agent_needed"
    for way, where, body in (
        ("POST", "/conversations", {"message": {"body": "x"}}),
        ("POST", f"/conversations/{conversation}/receipts", {"read": 1}),
    ):
        response = key.http.request(way, where, json=body)
        assert response.json()["code"] == "agent_needed", where
    as_ada = {"Campfire-Agent": "ada%20lovelace%2F1"}
    sent = key.post(path, message, **as_ada)
    assert key.post(path, message, 200, **as_ada)["id"] == sent["id"]
    (_, answer) = visitor.thread(conversation)
    assert (answer["sender"]["kind"], answer["sender"]["name"]) == ("agent", "Ada")
    unknown = key.post(path, message, 403, **{"Campfire-Agent": "nobody"})
    assert unknown["code"] == "unknown_agent"
    # It may do no more than the agent, and no more than the key.
    desk.agent("eve", role=Role.VIEWER).get("/me")
    key.post(path, message, 403, **{"Campfire-Agent": "eve"})
    key.delete(f"/messages/{answer['id']}", 403)
    weak, _ = made(desk, "conversations.reply", "conversations.read")
    told = weak.post(path, message, 403, **as_ada)
    assert told["detail"] == "This needs the permission agents.impersonate."


def test_a_key_sees_no_more_than_whoever_created_it(desk: Desk) -> None:
    boss = boss_of(desk)
    seen, hidden = desk.visitor().begin("a")["id"], desk.visitor().begin("b")["id"]
    boss.patch(f"/conversations/{seen}", {"access_labels": ["vip"]})
    boss.patch(f"/conversations/{hidden}", {"access_labels": ["emea"]})
    narrowed = desk.agent(role=Role.ADMIN, email="labels:vip")
    body = {"name": "Narrow", "permissions": [*ACTS]}
    answer = narrowed.post("/api-keys", body)
    key = Person(desk.base, token=answer["secret"])
    assert [one["id"] for one in key.get("/conversations")["items"]] == [seen]
    # Nor does it as an agent who sees more, or others.
    desk.agent("all").get("/me")
    desk.agent("emea", email="labels:emea").get("/me")
    for name, expected in (("all", 200), ("emea", 404)):
        headers = {"Campfire-Agent": name}
        assert key.http.get(f"/conversations/{seen}", headers=headers).status_code == expected
        assert key.http.get(f"/conversations/{hidden}", headers=headers).status_code == 404
    key.get(f"/contacts/{desk.visitor().id}", 404)
    # Nobody whom the host narrows gets the secret of a key that is not.
    _, wide = made(desk)
    narrowed.http.post(f"/api-keys/{wide['id']}/rotate", json={})
    assert narrowed.http.post(f"/api-keys/{wide['id']}/rotate", json={}).status_code == 403


def test_the_secret_is_shown_once_and_stored_nowhere(desk: Desk, shared_database_url: str) -> None:
    answer = boss_of(desk).post("/api-keys", {"name": " Shop ", "permissions": ["agents.read"]})
    secret, record = answer["secret"], answer["key"]
    assert record["name"] == "Shop"
    assert boss_of(desk).get("/api-keys")["items"] == [record]
    rows = Truth(shared_database_url).query("SELECT * FROM campfire_api_keys")
    assert secret not in str(rows)
    assert secret[-39:-7] not in str(rows)
    assert secret not in str(events_of(desk))


def test_a_key_is_rotated_with_an_overlap(desk: Desk) -> None:
    boss = boss_of(desk)
    old, record = made(desk, "agents.read")
    answer = boss.post(f"/api-keys/{record['id']}/rotate", {"overlap": 60}, 200)
    new = Person(desk.base, token=answer["secret"])
    assert answer["key"]["previous_until"] is not None
    old.get("/agents")
    new.get("/agents")
    # Of two rotations only the secret right before the last one is left.
    again = boss.post(f"/api-keys/{record['id']}/rotate", {"overlap": 0}, 200)
    newest = Person(desk.base, token=again["secret"])
    assert again["key"]["previous_until"] is None
    newest.get("/agents")
    for person in (old, new):
        assert person.get("/agents", 401)["code"] == "token_invalid"
    boss.post("/api-keys/key_nothing/rotate", {}, 404)
    boss.post(f"/api-keys/{record['id']}/rotate", {"overlap": -1}, 422)
    past = {"expires_at": "2020-01-01T00:00:00Z"}
    assert boss.post(f"/api-keys/{record['id']}/rotate", past, 422)["field"] == "expires_at"


@pytest.mark.anyio
async def test_a_revoked_key_ends_at_once_even_while_it_waits(
    desk: Desk, in_thread: Callable[..., Any]
) -> None:
    key, record = made(desk)
    inbox = f"/streams/inbox:{desk.organization}/events"
    head = key.get(inbox)["head"]
    reading = in_thread(key.http.get, inbox, params={"after": head, "wait": 20})
    waiting = asyncio.create_task(reading)
    gone = await in_thread(boss_of(desk).delete, f"/api-keys/{record['id']}")
    assert gone["name"] == "Shop"
    assert key.get("/agents", 401)["code"] == "token_invalid"
    # The revocation is an event, which ends the wait. Whoever was let in right before it may be
    # answered with just that.
    answer = await waiting
    if answer.status_code != 401:
        assert [event["event"] for event in answer.json()["events"]] == ["api_key.revoked"]
    boss_of(desk).delete(f"/api-keys/{record['id']}", 404)
    assert boss_of(desk).get("/api-keys")["items"] == []


def test_a_key_expires(desk: Desk) -> None:
    soon = clock.rfc3339(clock.now() + 5 * clock.SECOND)
    key, record = made(desk, "agents.read", expires_at=soon)
    assert record["expires_at"] == soon
    deadline = time.monotonic() + 60
    while (response := key.http.get("/agents")).status_code == 200:
        assert time.monotonic() < deadline
    assert (response.status_code, response.json()["code"]) == (401, "token_expired")
    assert response.headers["www-authenticate"] == "Bearer"


def test_bad_keys_and_bad_bodies(desk: Desk) -> None:
    key, _ = made(desk, "agents.read")
    assert key.token is not None
    for token in ("cfk_", key.token[:-1] + ("0" if key.token[-1] != "0" else "1"), key.token + "x"):
        assert Person(desk.base, token=token).get("/me", 401)["code"] == "token_invalid"
    boss = boss_of(desk)
    good: dict[str, Any] = {"name": "x", "permissions": ["agents.read"]}
    for change, field in (
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["api_keys.manage"]}, "permissions"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ):
        assert boss.post("/api-keys", {**good, **change}, 422)["field"] == field
    tier = {"name": "x", "permissions": ["messages.delete"]}
    desk.agent().post("/api-keys", tier, 403)


def test_there_are_not_too_many(desk: Desk) -> None:
    boss = boss_of(desk)
    body = {"name": "x", "permissions": ["agents.read"]}
    for _ in range(MOST_KEYS):
        boss.post("/api-keys", body)
    assert boss.post("/api-keys", body, 409)["code"] == "too_many_keys"


def test_a_key_is_for_its_own_organisation(desk: Desk, stranger_desk: Desk) -> None:
    key, record = made(desk)
    foreign = boss_of(stranger_desk)
    assert foreign.get("/api-keys")["items"] == []
    foreign.delete(f"/api-keys/{record['id']}", 404)
    foreign.post(f"/api-keys/{record['id']}/rotate", {}, 404)
    where = f"{desk.base}/o/{{}}/api/v1/agents"
    assert key.http.get(where.format(desk.organization)).status_code == 200
    other = key.http.get(where.format(stranger_desk.organization))
    assert (other.status_code, other.json()["code"]) == (403, "wrong_organization")


def test_origins_do_not_matter_and_no_origin_is_needed(desk: Desk) -> None:
    key, _ = made(desk, "contacts.write")
    for origin in (None, "https://elsewhere.example"):
        headers = {} if origin is None else {"Origin": origin}
        response = key.http.put("/contacts/42", json={"name": "Mia"}, headers=headers)
        assert response.status_code == 200


def test_the_use_is_noted_now_and_then(desk: Desk) -> None:
    key, record = made(desk, "agents.read")
    assert record["last_used_at"] is None
    key.get("/agents")
    (first,) = boss_of(desk).get("/api-keys")["items"]
    assert first["last_used_at"] is not None
    key.get("/agents")
    assert boss_of(desk).get("/api-keys")["items"] == [first]


def test_what_happens_to_keys_is_told(desk: Desk) -> None:
    boss = boss_of(desk)
    _, record = made(desk, "agents.read")
    boss.post(f"/api-keys/{record['id']}/rotate", {}, 200)
    boss.delete(f"/api-keys/{record['id']}")
    created, rotated, revoked = events_of(desk)
    names = [event["event"] for event in (created, rotated, revoked)]
    assert names == ["api_key.created", "api_key.rotated", "api_key.revoked"]
    assert rotated["data"] == {
        "id": record["id"],
        "name": "Shop",
        "permissions": ["agents.read"],
        "expires_at": None,
        "actor": {"kind": "agent", "id": boss.id, "name": "Ada", "avatar_url": None},
    }


def test_what_can_be_given(desk: Desk) -> None:
    boss = boss_of(desk)
    names = [one["name"] for one in boss.get("/api-keys/permissions")["items"]]
    expected = set(boss.me["permissions"]) - {"api_keys.manage", "own_settings.edit"}
    assert names == sorted(expected)


@pytest.mark.anyio
async def test_a_key_opens_no_socket(desk: Desk) -> None:
    key, _ = made(desk)
    client = Client(desk.base, key)
    await client.open()
    await client.send({"type": "hello", "token": key.token})
    with pytest.raises(Closed, match="rest_only"):
        await client.until_frame("welcome")
