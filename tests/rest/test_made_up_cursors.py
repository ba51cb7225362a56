"""Cursors that somebody made up: a page or a clear refusal, whatever they hold."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from campfire_chat.http.endpoints import Endpoint
from campfire_chat.runtime import ENDPOINTS
from tests.support.people import Desk

#: Every list that is read in pages.
PAGED = [
    row for row in ENDPOINTS if row.query is not None and "cursor" in row.query.__struct_fields__
]
#: The orders that a list may have, besides its own.
ORDERS = {
    "list_conversations": ("latest", "longest_waiting"),
    "list_contacts": ("last_seen", "name", "created"),
}
#: Numbers at the edges of what columns and parameters hold.
NUMBERS = (0, 1, 2**15, 2**31 - 1, 2**31, 2**32, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64, -1)


def made_up(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def places() -> list[Any]:
    found: list[Any] = [None, [], {}, "x", 1.5, True, [["latest", 1, "x"]], "[" * 300]
    found += ["dlv_x", ["hello", "srp_x"]]
    for number in NUMBERS:
        found += [number, [number, number], [number, 0], [0, number], [number, "job_x"]]
        for orders in ORDERS.values():
            found += [[order, at, "conv_x"] for order in orders for at in (number, str(number))]
        found += [["best", number, 0], ["best", 0, number]]
    return found


@pytest.mark.parametrize("row", PAGED, ids=lambda row: row.operation)
def test_no_cursor_is_an_error_of_the_server(desk: Desk, row: Endpoint) -> None:
    visitor, agent = desk.visitor(), desk.agent(role="owner")
    conversation = visitor.begin()["id"]
    [message] = visitor.thread(conversation)
    hook = {"url": "https://shop.example/hook", "state": "paused"}
    path = row.path.format(
        conversation_id=conversation,
        message_id=message["id"],
        webhook_id=agent.post("/webhooks", hook)["id"],
        contact=visitor.id,
    )
    accepted = 0
    for place in places():
        needed = {"q": "hello"} if "q" in row.query.__struct_fields__ else {}
        for more in (needed, *({"order": order} for order in ORDERS.get(row.operation, ()))):
            answer = agent.http.get(path, params={"cursor": made_up(place), **more})
            assert answer.status_code in (200, 422), (place, answer.text)
            if answer.status_code == 422:
                assert answer.json()["code"] == "invalid_cursor", (place, answer.text)
            accepted += answer.status_code == 200
    # Some of them could be real ones.
    assert accepted
