"""What happens at the desk is delivered: at least once, with retries, whatever receivers do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from campfire_chat.core import clock
from campfire_chat.features.webhooks import replaying, rules
from tests.support.people import Person
from tests.support.receiver import Receiver, resets, says
from tests.support.servers import eventually
from tests.support.truth import Truth
from tests.webhooks.conftest import Create, Watch

MESSAGES = {"events": ["message.created"]}


def types(receiver: Receiver) -> list[str]:
    return [request.json["type"] for request in receiver.requests]


def deliveries(admin: Person, webhook: dict[str, str], **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get(f"/webhooks/{webhook['id']}/deliveries", **query)[
        "items"
    ]
    return found


def one(admin: Person, webhook: dict[str, str]) -> dict[str, Any]:
    """The only delivery, or what there is to say before there is one."""
    found = deliveries(admin, webhook)
    assert len(found) < 2
    return found[0] if found else {"attempts": 0, "state": None, "error": None}


def once(condition: Callable[[], Any]) -> Any:
    """What the condition is when it holds."""
    eventually(condition)
    return condition()


def test_an_event_is_delivered_and_its_signature_is_right(
    create: Create, admin: Person, visitor: Person, receiver: Receiver
) -> None:
    began = int(time.time())
    webhook = create(receiver, text="all", **MESSAGES)
    conversation = visitor.begin("Where is my order?")
    eventually(lambda: receiver.requests)
    [request] = receiver.requests
    message_id = request.headers["webhook-id"]
    timestamp = int(request.headers["webhook-timestamp"])
    assert began <= timestamp <= time.time()
    assert request.headers["webhook-signature"] == rules.signature(
        webhook["secret"], message_id, timestamp, request.body
    )
    sent = request.json
    assert sent["type"] == "message.created"
    assert sent["stream"] == f"conversation:{conversation['id']}"
    assert sent["data"]["body"] == "Where is my order?"
    assert clock.parse_rfc3339(sent["timestamp"]) <= clock.now()

    found = once(lambda: deliveries(admin, webhook, state="delivered"))[0]
    assert (found["message_id"], found["attempts"], found["status"]) == (message_id, 1, 204)
    details = admin.get(f"/webhooks/{webhook['id']}/deliveries/{found['id']}")
    assert details["body"].encode() == request.body
    [attempt] = details["log"]
    assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 204, None)
    assert webhook["secret"] not in str(details)
    # Only what gives a secret shows it.
    assert "secret" not in admin.get(f"/webhooks/{webhook['id']}")


def test_which_events_and_which_texts_go_out(
    create: Create,
    admin: Person,
    visitor: Person,
    receiver: Receiver,
    other_receiver: Receiver,
) -> None:
    create(receiver, events=["message.created"], text="public")
    create(other_receiver)
    conversation = visitor.begin("public words")["id"]
    admin.write(conversation, "secret words", visibility="internal")
    eventually(lambda: len(receiver.requests) == 2)
    bodies = {request.json["data"].get("body") for request in receiver.requests}
    assert bodies == {"public words", None}
    # The other one has everything, and no texts.
    eventually(lambda: types(other_receiver).count("message.created") == 2)
    eventually(lambda: "conversation.updated" in types(other_receiver))
    for request in other_receiver.requests:
        assert b"words" not in request.body


def test_a_failing_receiver_is_tried_again_with_the_same_id_and_holds_nobody_back(
    create: Create,
    admin: Person,
    visitor: Person,
    receiver: Receiver,
    other_receiver: Receiver,
    watch: Watch,
) -> None:
    receiver.answer = says(500, "broken")
    webhook = create(receiver, **MESSAGES)
    create(other_receiver, **MESSAGES)
    visitor.begin()
    eventually(lambda: other_receiver.requests)
    found = once(lambda: [d for d in deliveries(admin, webhook) if d["attempts"] == 1])[0]
    assert (found["state"], found["status"]) == ("waiting", 500)
    assert found["error"] == "The answer was 500."
    assert admin.get(f"/webhooks/{webhook['id']}")["failing_since"] is not None
    receiver.answer = resets
    watch.forward(6)
    eventually(lambda: one(admin, webhook)["attempts"] == 2)
    receiver.answer = says(200, "ok")
    watch.forward(310)
    eventually(lambda: one(admin, webhook)["state"] == "delivered")
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    details = admin.get(f"/webhooks/{webhook['id']}/deliveries/{found['id']}")
    assert [(each["status"], each["response"]) for each in details["log"]] == [
        (500, "broken"),
        (None, None),
        (200, "ok"),
    ]
    assert admin.get(f"/webhooks/{webhook['id']}")["failing_since"] is None


def test_retry_after_is_obeyed(
    create: Create, admin: Person, visitor: Person, receiver: Receiver, watch: Watch
) -> None:
    receiver.answer = says(429, Retry_After="3600")
    webhook = create(receiver, **MESSAGES)
    visitor.begin()
    found = once(lambda: [d for d in deliveries(admin, webhook) if d["attempts"] == 1])[0]
    due = clock.parse_rfc3339(found["next_at"]) - clock.parse_rfc3339(found["created_at"])
    assert due >= 3600 * clock.SECOND
    receiver.answer = says(204)
    watch.forward(3700)
    eventually(lambda: one(admin, webhook)["state"] == "delivered")
    assert len(receiver.requests) == 2


def test_gone_pauses_at_once_and_a_resumed_webhook_gets_what_has_waited(
    create: Create, admin: Person, visitor: Person, receiver: Receiver
) -> None:
    receiver.answer = says(410)
    webhook = create(receiver, description="CRM", **MESSAGES)
    conversation = visitor.begin()["id"]
    path = f"/webhooks/{webhook['id']}"
    paused = once(lambda: (now := admin.get(path)) and (now if now["state"] == "paused" else None))
    assert paused["pause_reason"] == "gone"
    told = [
        event["data"]
        for event in admin.events(f"inbox:{admin.me['organization']}")
        if event["event"] == "webhook.paused"
    ]
    assert told == [{"id": webhook["id"], "description": "CRM", "reason": "gone"}]
    visitor.write(conversation, "still there?")
    eventually(lambda: len(deliveries(admin, webhook, state="waiting")) == 2)
    admin.post(f"{path}/test", None, 422)
    assert len(receiver.requests) == 1
    receiver.answer = says(204)
    resumed = admin.patch(path, {"state": "active"})
    assert (resumed["state"], resumed["pause_reason"]) == ("active", None)
    eventually(lambda: len(deliveries(admin, webhook, state="delivered")) == 2)


def test_days_of_failures_pause(
    create: Create, admin: Person, visitor: Person, receiver: Receiver, watch: Watch
) -> None:
    receiver.answer = says(503)
    webhook = create(receiver, **MESSAGES)
    visitor.begin()
    path = f"/webhooks/{webhook['id']}"
    # The first failure, from which the days are counted.
    eventually(lambda: one(admin, webhook)["attempts"] == 1)
    paused = False
    while not paused:
        before = one(admin, webhook)["attempts"]
        watch.forward(24 * 3600 + 60)
        eventually(lambda before=before: one(admin, webhook)["attempts"] > before)
        paused = admin.get(path)["state"] == "paused"
    assert admin.get(path)["pause_reason"] == "failing"
    assert 6 <= one(admin, webhook)["attempts"] <= 8


def test_a_disabled_webhook_gets_nothing_of_that_time(
    create: Create, admin: Person, visitor: Person, receiver: Receiver, other_receiver: Receiver
) -> None:
    webhook = create(receiver, state="disabled", **MESSAGES)
    create(other_receiver, **MESSAGES)
    conversation = visitor.begin("first")["id"]
    eventually(lambda: other_receiver.requests)
    admin.patch(f"/webhooks/{webhook['id']}", {"state": "active"})
    visitor.write(conversation, "second")
    eventually(lambda: receiver.requests)
    eventually(lambda: len(other_receiver.requests) == 2)
    assert len(deliveries(admin, webhook)) == 1


def test_send_a_test_event_and_replay(
    create: Create, admin: Person, visitor: Person, receiver: Receiver
) -> None:
    webhook = create(receiver, **MESSAGES)
    path = f"/webhooks/{webhook['id']}"
    sent = admin.post(f"{path}/test", None)
    assert sent["event"] == "webhook.test"
    eventually(lambda: types(receiver) == ["webhook.test"])
    eventually(lambda: one(admin, webhook)["state"] == "delivered")
    admin.post(f"{path}/deliveries/{sent['id']}/replay", None, 200)
    eventually(lambda: len(receiver.requests) == 2)
    visitor.begin()
    eventually(lambda: len(deliveries(admin, webhook, state="delivered")) == 2)
    before = len(receiver.requests)
    span = {"since": "2020-01-01T00:00:00Z", "until": "2990-01-01T00:00:00Z"}
    admin.post(f"{path}/replay", span, 200)
    admin.post(f"{path}/replay", {**span, "state": None}, 200)
    # Nothing has failed, so only the second one finds something.
    eventually(lambda: len(receiver.requests) == before + 2)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 2
    eventually(lambda: len(deliveries(admin, webhook, state="delivered")) == 2)
    assert all(each["attempts"] >= 2 for each in deliveries(admin, webhook))


def test_a_large_replay_goes_on_in_steps(
    create: Create,
    admin: Person,
    visitor: Person,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replaying, "AT_ONCE", 3)
    webhook = create(receiver, text="all", **MESSAGES)
    path = f"/webhooks/{webhook['id']}"
    conversation = visitor.begin("0")["id"]
    for number in range(1, 11):
        visitor.write(conversation, str(number))
    eventually(lambda: len(deliveries(admin, webhook, state="delivered")) == 11)
    # The log keeps the time of each event; nine of them lie in the span. Requests are sent side by
    # side, so they arrive in any order.
    times = sorted(request.json["timestamp"] for request in receiver.requests)
    admin.post(f"{path}/replay", {"since": times[1], "until": times[10], "state": "failed"}, 200)
    span = {"since": times[1], "until": times[10], "state": None}
    admin.post(f"{path}/replay", span, 200)
    eventually(lambda: len(receiver.requests) == 20)
    eventually(lambda: len(deliveries(admin, webhook, state="delivered")) == 11)
    assert sorted(each["attempts"] for each in deliveries(admin, webhook)) == [1] * 2 + [2] * 9
    again = [int(request.json["data"]["body"]) for request in receiver.requests[11:]]
    assert sorted(again) == list(range(1, 10))


def test_a_replay_ends_when_its_webhook_is_deleted(
    create: Create,
    admin: Person,
    visitor: Person,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
) -> None:
    webhook = create(receiver, **MESSAGES)
    path = f"/webhooks/{webhook['id']}"
    conversation = visitor.begin("0")["id"]
    visitor.write(conversation, "1")
    eventually(lambda: len(deliveries(admin, webhook, state="delivered")) == 2)
    monkeypatch.setattr(replaying, "AT_ONCE", 1)
    span = {"since": "2020-01-01T00:00:00Z", "until": "2990-01-01T00:00:00Z", "state": None}
    admin.post(f"{path}/replay", span, 200)
    admin.delete(path)
    truth = Truth(database_url)
    kinds = "'webhook.replay', 'webhook.send'"
    eventually(lambda: not truth.query(f"SELECT 1 FROM campfire_jobs WHERE kind IN ({kinds})"))


def test_a_rotated_secret_and_the_one_before_both_sign(
    create: Create, admin: Person, receiver: Receiver, watch: Watch
) -> None:
    webhook = create(receiver, **MESSAGES)
    path = f"/webhooks/{webhook['id']}"
    rotated = admin.post(f"{path}/secret", None, 200)
    assert rotated["secret"] != webhook["secret"]
    assert rotated["old_secret_until"] is not None
    admin.post(f"{path}/test", None)
    [request] = once(lambda: list(receiver.requests))
    place = (
        request.headers["webhook-id"],
        int(request.headers["webhook-timestamp"]),
        request.body,
    )
    wanted = [rules.signature(each["secret"], *place) for each in (rotated, webhook)]
    assert request.headers["webhook-signature"].split(" ") == wanted
    watch.forward(rules.ROTATION + 60)
    admin.post(f"{path}/test", None)
    eventually(lambda: len(receiver.requests) == 2)
    assert len(receiver.requests[1].headers["webhook-signature"].split(" ")) == 1


def test_a_text_that_was_deleted_goes_out_with_no_later_attempt(
    create: Create, admin: Person, visitor: Person, receiver: Receiver, watch: Watch
) -> None:
    receiver.answer = says(500)
    webhook = create(receiver, text="all", **MESSAGES)
    conversation = visitor.begin("my card is 4111")["id"]
    eventually(lambda: receiver.requests)
    message = visitor.thread(conversation)[0]["id"]
    visitor.delete(f"/messages/{message}")
    receiver.answer = says(204)
    watch.forward(6)
    eventually(lambda: one(admin, webhook)["state"] == "delivered")
    assert receiver.requests[0].json["data"]["body"] == "my card is 4111"
    assert receiver.requests[-1].json["data"]["body"] == ""
    details = admin.get(f"/webhooks/{webhook['id']}/deliveries/{one(admin, webhook)['id']}")
    assert "4111" not in str(details)


def test_a_hanging_receiver_holds_nobody_back(
    create: Create, admin: Person, visitor: Person, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.answer = receiver.hangs
    webhooks = [create(receiver, **MESSAGES) for _ in range(3)]
    create(other_receiver, **MESSAGES)
    conversation = visitor.begin()["id"]
    eventually(lambda: len(receiver.requests) == 3)
    for number in range(5):
        visitor.write(conversation, f"message {number}")
    eventually(lambda: len(other_receiver.requests) == 6)
    # Each is asked once, whatever has happened meanwhile.
    assert len(receiver.requests) == 3
    for webhook in webhooks:
        admin.delete(f"/webhooks/{webhook['id']}")


def test_many_events_come_in_the_order_of_their_conversation(
    create: Create, visitor: Person, receiver: Receiver
) -> None:
    create(receiver, text="all", **MESSAGES)
    conversation = visitor.begin("0")["id"]
    for number in range(1, 25):
        visitor.write(conversation, str(number))
    eventually(lambda: len(receiver.requests) == 25)
    said = [int(request.json["data"]["body"]) for request in receiver.requests]
    assert said == sorted(said)


def test_what_is_too_old_is_deleted(
    create: Create,
    admin: Person,
    visitor: Person,
    receiver: Receiver,
    watch: Watch,
    database_url: str,
) -> None:
    webhook = create(receiver, **MESSAGES)
    visitor.begin()
    eventually(lambda: deliveries(admin, webhook, state="delivered"))
    watch.forward(rules.KEPT + 2 * 24 * 3600)
    eventually(lambda: not deliveries(admin, webhook))
    truth = Truth(database_url)
    eventually(lambda: not truth.query("SELECT 1 FROM campfire_webhook_attempts"))


def test_what_is_wrong_is_refused(admin: Person, receiver: Receiver) -> None:
    for wrong in (
        {"url": "ftp://a.example/"},
        {"url": receiver.url, "events": ["message.exploded"]},
        {"url": receiver.url, "events": []},
        {"url": receiver.url, "description": "a\nb"},
    ):
        assert admin.post("/webhooks", wrong, 422)["code"] == "invalid_webhook"
    webhook = admin.post("/webhooks", {"url": receiver.url})
    path = f"/webhooks/{webhook['id']}"
    assert admin.patch(path, {"url": "nothing"}, 422)["code"] == "invalid_webhook"
    admin.post(f"{path}/replay", {"since": "yesterday", "until": "now"}, 422)
    admin.get("/webhooks/whk_none", 404)
    admin.get(f"{path}/deliveries/dlv_none", 404)
    for _ in range(rules.MOST_WEBHOOKS - 1):
        admin.post("/webhooks", {"url": receiver.url})
    assert admin.post("/webhooks", {"url": receiver.url}, 422)["code"] == "invalid_webhook"


def test_an_address_of_the_hosts_network_is_refused_when_it_sends(
    desk: Any, receiver: Receiver
) -> None:
    """On a desk without networks of its own."""
    admin = desk.agent(role="admin")
    assert admin.post("/webhooks", {"url": receiver.url}, 422)["code"] == "invalid_webhook"
    webhook = admin.post("/webhooks", {"url": "https://localhost/", **MESSAGES})
    admin.post(f"/webhooks/{webhook['id']}/test", None)
    eventually(lambda: one(admin, webhook)["error"] is not None)
    assert one(admin, webhook)["error"] == "The address of the host is not allowed."


def test_a_change_is_told_without_the_url(
    create: Create, admin: Person, receiver: Receiver
) -> None:
    webhook = create(receiver)
    path = f"/webhooks/{webhook['id']}"
    admin.patch(path, {"description": "CRM"})
    admin.patch(path, {})
    admin.post(f"{path}/secret", None, 200)
    admin.delete(path)
    told = [
        event["data"]
        for event in admin.events(f"inbox:{admin.me['organization']}")
        if event["event"] == "webhook.changed"
    ]
    assert [data["change"] for data in told] == ["created", "changed", "rotated", "deleted"]
    assert all(set(data) == {"id", "change", "actor"} for data in told)


@pytest.mark.parametrize("role", ["agent", "viewer"])
def test_webhooks_are_for_admins(own_desk: Any, role: str) -> None:
    own_desk.agent(role=role).get("/webhooks", 403)
