"""Whoever should not see a thing is told that it is not there, on every route and frame.

The cases are generated from the route table and the list of client frames. A route or a frame
that is added without saying here what it is about makes this fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from campfire_chat import Role
from campfire_chat.http.endpoints import Access, Endpoint
from campfire_chat.runtime import ENDPOINTS
from campfire_chat.runtime import FRAMES as HANDLERS
from tests.support.client import Client
from tests.support.people import Desk, Person

Frame = dict[str, Any]


class Secrets:
    """What one organisation has and nobody else may see."""

    def __init__(self, desk: Desk) -> None:
        self.visitor = desk.visitor(name="Mia")
        self.agent = desk.agent("ada", name="secret Ada")
        self.agent.get("/me")
        self.conversation = self.visitor.begin("secret")["id"]
        self.message = self.visitor.thread(self.conversation)[0]["id"]
        self.note = self.agent.write(self.conversation, "secret", visibility="internal")["id"]
        self.organization = desk.organization
        # Every agent of these is an agent of the least rights: an admin sees it.
        self.admin = desk.agent("boss", role=Role.ADMIN)
        # Deferred by the snooze, until long after the test.
        self.agent.patch(
            f"/conversations/{self.conversation}",
            {"status": "snoozed", "snoozed_until": "2999-01-01T09:00:00Z"},
        )
        [job] = self.admin.get("/jobs", state="pending")["items"]
        self.job = job["id"]

    def fingerprint(self) -> Any:
        """Everything that an intruder could have changed."""
        return (
            self.agent.get(f"/conversations/{self.conversation}"),
            self.agent.thread(self.conversation),
            self.agent.events(f"conversation:{self.conversation}"),
            self.agent.events(f"notes:{self.conversation}"),
            self.agent.events(f"inbox:{self.organization}"),
            self.agent.get("/agents"),
            self.admin.get("/jobs", state="pending"),
        )


#: Path parameter → the foreign ids that may stand there.
PARAMETERS: dict[str, Callable[[Secrets], list[str]]] = {
    "conversation_id": lambda secrets: [secrets.conversation],
    "message_id": lambda secrets: [secrets.message, secrets.note],
    "agent_id": lambda secrets: [secrets.agent.id],
    "job_id": lambda secrets: [secrets.job],
    "stream": lambda secrets: [
        f"conversation:{secrets.conversation}",
        f"notes:{secrets.conversation}",
        f"inbox:{secrets.organization}",
    ],
}

#: Operation → a body that would be good, for routes that take one.
BODIES: dict[str, Any] = {
    "change_conversation": {"status": "resolved"},
    "create_message": {"body": "intruder", "client_id": "x"},
    "edit_message": {"body": "intruder"},
    "create_receipt": {"read": 1},
    "set_availability": {"availability": "away"},
}

#: Routes without anybody's id in the path: the caller's own things, checked by their own tests.
WITHOUT_IDS = {
    *("create_visitor", "get_me", "create_conversation", "list_conversations", "list_agents"),
    "list_jobs",
    *("count_conversations", "search_conversations", "take_conversation"),
    *("create_ticket", "health_live", "health_ready"),
    *("get_settings", "change_settings", "get_own_settings", "change_own_settings"),
}

#: Frame → what it looks like about a foreign thing. ``None``: it is about nobody's thing.
#: Every type of frames that a client may send.
CLIENT_FRAMES = tuple(handler.frame for handler in HANDLERS)
FRAMES: dict[str, Callable[[Secrets], list[Frame]] | None] = {
    "hello": lambda secrets: [
        {"resume": [{"stream": stream, "after": 0}]} for stream in PARAMETERS["stream"](secrets)
    ],
    "subscribe": lambda secrets: [{"stream": stream} for stream in PARAMETERS["stream"](secrets)],
    # Leaving a stream that one is not on is nothing, whoever's it is.
    "unsubscribe": None,
    "message.send": lambda secrets: [
        {"conversation_id": secrets.conversation, "body": "intruder", **more}
        for more in ({}, {"visibility": "internal"}, {"reply_to": secrets.message})
    ],
    "receipt": lambda secrets: [{"conversation_id": secrets.conversation, "read": 1}],
    "typing": lambda secrets: [{"conversation_id": secrets.conversation, "active": True}],
    # What it does with a ticket of somebody else's is in protocol/test_sessions.py.
    "renew": None,
    "ping": None,
}


def intruders(desk: Desk, stranger_desk: Desk) -> dict[str, Person]:
    return {
        "stranger": desk.anonymous(),
        "visitor of another conversation": _with_a_conversation(desk.visitor()),
        "agent of another organisation": stranger_desk.agent(),
        "agent of another organisation with the same id": stranger_desk.agent("ada"),
        "visitor of another organisation": _with_a_conversation(stranger_desk.visitor()),
    }


def _with_a_conversation(visitor: Person) -> Person:
    visitor.begin("mine")
    return visitor


@contextmanager
def untouched(secrets: Secrets) -> Iterator[None]:
    before = secrets.fingerprint()
    yield
    assert secrets.fingerprint() == before


def names_of(endpoint: Endpoint) -> list[str]:
    return re.findall(r"{(\w+)}", endpoint.path)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_every_route(desk: Desk, stranger_desk: Desk, endpoint: Endpoint) -> None:
    names = names_of(endpoint)
    if not names:
        assert endpoint.operation in WITHOUT_IDS, "say in this file what the new route is about"
        if endpoint.access is not Access.PUBLIC:
            # A good body, so that the answer is about who asks, not about what.
            body = {"message": {"body": "x"}} if endpoint.body is not None else None
            response = desk.nobody().http.request(endpoint.method, endpoint.path, json=body)
            assert response.status_code == 401
        return
    assert set(names) <= PARAMETERS.keys(), "say in this file what the new parameter names"
    if endpoint.body is not None:
        assert endpoint.operation in BODIES, "say in this file what a good body looks like"
    body = BODIES.get(endpoint.operation)
    secrets = Secrets(desk)
    people = intruders(desk, stranger_desk)
    (name,) = names
    with untouched(secrets):
        for value in PARAMETERS[name](secrets):
            path = endpoint.path.replace(f"{{{name}}}", value)
            for who, person in people.items():
                if who == "agent of another organisation with the same id" and name == "agent_id":
                    # Their own record carries that id: it is not the other's.
                    continue
                response = person.http.request(endpoint.method, path, json=body)
                allowed = {404}
                if endpoint.access is Access.AGENT and person.me["kind"] == "visitor":
                    allowed = {403}
                assert response.status_code in allowed, (who, path, response.text)
                assert "secret" not in response.text
                assert "Mia" not in response.text
            nobody = desk.nobody().http.request(endpoint.method, path, json=body)
            assert nobody.status_code == 401


def test_the_visitor_of_the_conversation_sees_no_notes(desk: Desk) -> None:
    secrets = Secrets(desk)
    visitor = secrets.visitor
    with untouched(secrets):
        for stream in (f"notes:{secrets.conversation}", f"inbox:{secrets.organization}"):
            visitor.get(f"/streams/{stream}/events", 404)
        visitor.patch(f"/messages/{secrets.note}", {"body": "x"}, 404)
        visitor.delete(f"/messages/{secrets.note}", 404)
        reply = {"body": "x", "reply_to": secrets.note}
        visitor.post(f"/conversations/{secrets.conversation}/messages", reply, 422)


def test_lists_hold_only_ones_own(desk: Desk, stranger_desk: Desk) -> None:
    secrets = Secrets(desk)
    for who, person in intruders(desk, stranger_desk).items():
        found = {item["id"] for item in person.get("/conversations", limit=100)["items"]}
        assert secrets.conversation not in found, who
        if person.me["kind"] == "agent":
            assert "secret" not in str(person.get("/agents")), who


def test_an_agent_cannot_hand_a_conversation_to_a_stranger(desk: Desk, stranger_desk: Desk) -> None:
    secrets, foreign = Secrets(desk), stranger_desk.agent("bob")
    foreign.get("/me")
    path = f"/conversations/{secrets.conversation}"
    with untouched(secrets):
        secrets.agent.patch(path, {"assignee_id": foreign.id}, 422)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", CLIENT_FRAMES, ids=lambda kind: str(kind.__struct_config__.tag))
async def test_every_frame(desk: Desk, stranger_desk: Desk, kind: type[msgspec.Struct]) -> None:
    tag = str(kind.__struct_config__.tag)
    assert tag in FRAMES, "say in this file what the new frame is about"
    make = FRAMES[tag]
    if make is None:
        return
    secrets = Secrets(desk)
    people = intruders(desk, stranger_desk)
    with untouched(secrets):
        for who, person in people.items():
            for fields in make(secrets):
                error = await _answer(person, tag, fields)
                assert error["code"] == "not_found", (who, fields)
                assert "secret" not in str(error)


async def _answer(person: Person, tag: str, fields: Frame) -> Frame:
    client = Client(person.base, person)
    try:
        if tag == "hello":
            await client.open()
            await client.send({"type": "hello", "token": person.token, **fields})
        else:
            await client.connect()
            await client.send({"type": tag, "id": "x", **fields})
        return await client.until_frame("error")
    finally:
        await client.drop()


def test_nothing_is_listed_that_is_gone() -> None:
    """The tables above speak of routes and frames that exist."""
    operations = {endpoint.operation for endpoint in ENDPOINTS}
    assert operations >= WITHOUT_IDS
    assert operations >= BODIES.keys()
    assert {str(kind.__struct_config__.tag) for kind in CLIENT_FRAMES} == FRAMES.keys()
