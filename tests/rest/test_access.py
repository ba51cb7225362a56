"""Who may call at all is decided before anything else of a request is looked at."""

from __future__ import annotations

import pytest

from campfire_chat.access.permissions import Access, needed, of_visitors
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.runtime import ENDPOINTS
from tests.support.people import Desk

AGENTS_ONLY = [
    endpoint
    for endpoint in ENDPOINTS
    if (wanted := needed(endpoint.permission)) is not None and wanted.isdisjoint(of_visitors())
]
NOT_PUBLIC = [endpoint for endpoint in ENDPOINTS if endpoint.permission is not Access.PUBLIC]

#: None of these says what is wrong with a request to somebody who may not make it.
UNREADABLE = {"content": b"{", "params": {"nonsense": "1"}}


def name(endpoint: Endpoint) -> str:
    return endpoint.operation


@pytest.mark.parametrize("endpoint", AGENTS_ONLY, ids=name)
def test_a_visitor_is_refused_what_is_for_agents(desk: Desk, endpoint: Endpoint) -> None:
    """Also about their own conversation, and whatever else is wrong with the request."""
    visitor = desk.visitor()
    conversation = visitor.begin()["id"]
    ids = {
        "conversation_id": conversation,
        "message_id": visitor.thread(conversation)[0]["id"],
        "agent_id": "agt_x",
    }
    path = endpoint.path
    for parameter, value in ids.items():
        path = path.replace(f"{{{parameter}}}", value)
    answer = visitor.http.request(endpoint.method, path, **UNREADABLE)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("endpoint", NOT_PUBLIC, ids=name)
def test_nobody_is_refused_what_is_for_participants(desk: Desk, endpoint: Endpoint) -> None:
    path = endpoint.path.replace("{", "").replace("}", "")
    answer = desk.nobody().http.request(endpoint.method, path, **UNREADABLE)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_there_is_something_of_each() -> None:
    assert len(AGENTS_ONLY) > 3
    assert len(NOT_PUBLIC) > len(AGENTS_ONLY)
