"""The example of the documentation believes what is signed, and nothing else."""

from __future__ import annotations

import time

from examples.verify_webhook import is_genuine

from campfire_chat.features.webhooks import rules
from tests.support.people import Person
from tests.support.receiver import Receiver
from tests.support.servers import eventually
from tests.webhooks.conftest import Create


def test_it_believes_what_the_desk_sends(create: Create, admin: Person, receiver: Receiver) -> None:
    webhook = create(receiver)
    rotated = admin.post(f"/webhooks/{webhook['id']}/secret", None, 200)
    admin.post(f"/webhooks/{webhook['id']}/test", None)
    eventually(lambda: receiver.requests)
    request = receiver.requests[0]
    for secret in (webhook["secret"], rotated["secret"]):
        assert is_genuine(secret, request.headers, request.body)
    assert not is_genuine(rules.new_secret(), request.headers, request.body)
    assert not is_genuine(rotated["secret"], request.headers, request.body + b" ")


def test_it_believes_nothing_old_or_incomplete() -> None:
    secret, now = rules.new_secret(), int(time.time())

    def headers(at: int) -> dict[str, str]:
        return {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(at),
            "webhook-signature": rules.signature(secret, "evt_1", at, b"{}"),
        }

    assert is_genuine(secret, headers(now), b"{}")
    for at in (now - 3600, now + 3600):
        assert not is_genuine(secret, headers(at), b"{}")
    for name in headers(now):
        changed = {**headers(now), name: "ä"}
        assert not is_genuine(secret, changed, b"{}")
    assert not is_genuine(secret, {}, b"{}")
