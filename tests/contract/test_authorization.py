"""Whoever may not do a thing is refused, and whoever may not see it is told that it is not there.

The cases are generated from the tables: every endpoint, every frame and every kind of stream, for
every role, a role of the host app among them. One that is added without saying here what it is
about makes this fail, and so does one that asks for no permission and is not listed here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import msgspec
import pytest

from campfire_chat import Role
from campfire_chat.access.permissions import (
    LADDER,
    Access,
    Permission,
    Requirement,
    in_words,
    needed,
)
from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY, NOTES_WRITE
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.ledger.stream_access import INBOXES, OwnStream
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.runtime import AGGREGATES, ENDPOINTS, JOBS, OWN_STREAMS
from campfire_chat.runtime import FRAMES as HANDLERS
from tests.support.client import Client
from tests.support.host import ROLES
from tests.support.people import Desk, Person
from tests.support.talk import until

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
        # Jobs are for admins.
        self.admin = desk.agent("boss", role=Role.ADMIN)
        # Deferred by the snooze, until long after the test.
        self.agent.patch(
            f"/conversations/{self.conversation}",
            {"status": "snoozed", "snoozed_until": "2999-01-01T09:00:00Z"},
        )
        [job] = self.admin.get("/jobs", state="pending")["items"]
        self.job = job["id"]
        saved = {"shortcut": "secret", "title": "secret", "body": "secret", "shared": True}
        self.saved_reply = self.admin.post("/saved-replies", saved)["id"]
        self.agent.put(f"/conversations/{self.conversation}/draft", {"reply": "secret"})
        self.tag = self.admin.post("/tags", {"name": "secret"})["id"]
        body = {"name": "secret key", "permissions": ["agents.read"]}
        self.key = self.admin.post("/api-keys", body)["key"]["id"]
        webhook = self.admin.post(
            "/webhooks", {"url": "https://secret.example/", "state": "paused"}
        )
        self.webhook = webhook["id"]
        team = {"name": "secret", "members": [self.agent.id]}
        self.team = self.admin.post("/teams", team)["id"]

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
            self.agent.get("/saved-replies"),
            self.agent.get("/drafts"),
            self.agent.get("/notifications"),
            self.admin.get("/webhooks"),
            self.agent.get("/tags"),
            self.agent.get("/teams"),
            self.admin.get(f"/contacts/{self.visitor.id}/timeline"),
            self.admin.get("/api-keys"),
            self.admin.get(f"/contacts/{self.visitor.id}"),
        )


#: Path parameter → the foreign ids that may stand there.
PARAMETERS: dict[str, Callable[[Secrets], list[str]]] = {
    "conversation_id": lambda secrets: [secrets.conversation],
    "message_id": lambda secrets: [secrets.message, secrets.note],
    "agent_id": lambda secrets: [secrets.agent.id],
    "job_id": lambda secrets: [secrets.job],
    "saved_reply_id": lambda secrets: [secrets.saved_reply],
    "tag_id": lambda secrets: [secrets.tag],
    "key_id": lambda secrets: [secrets.key],
    "team_id": lambda secrets: [secrets.team],
    "contact": lambda secrets: [secrets.visitor.id],
    "external_id": lambda secrets: ["ada"],
    "webhook_id": lambda secrets: [secrets.webhook],
    # The guard and the webhook come first.
    "delivery_id": lambda secrets: ["dlv_1"],
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
    "redact_message": {"text": "intruder"},
    "create_receipt": {"read": 1},
    "save_draft": {"reply": "intruder"},
    "set_availability": {"availability": "away"},
    "change_settings": {},
    "change_own_settings": {},
    "create_saved_reply": {},
    "change_saved_reply": {},
    "change_tag": {},
    "merge_tag": {"into": "tag_1"},
    "create_team": {},
    "change_team": {},
    # Whoever may do these does them in their own organisation.
    "put_agent": {"name": "intruder"},
    "put_contact": {"name": "intruder"},
    "change_contact": {"attributes": {}},
    "rotate_api_key": {"overlap": 0},
    "create_webhook": {"url": "https://intruder.example/"},
    "change_webhook": {"url": "https://intruder.example/"},
    "replay_webhook_span": {"since": "2026-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z"},
}

#: Routes without anybody's id in the path: the caller's own things, checked by their own tests.
WITHOUT_IDS = {
    *("create_visitor", "get_me", "create_conversation", "list_conversations", "list_agents"),
    *("list_jobs", "list_saved_replies", "create_saved_reply"),
    *("list_tags", "create_tag", "list_drafts"),
    *("list_notifications", "count_notifications", "read_notifications"),
    *("list_api_keys", "list_key_permissions", "create_api_key"),
    *("list_teams", "create_team", "list_contacts", "list_contact_attributes"),
    *("list_webhooks", "create_webhook", "list_webhook_events"),
    *("count_conversations", "take_conversation", "search"),
    *("create_ticket", "health_live", "health_ready"),
    *("get_settings", "change_settings", "get_own_settings", "change_own_settings"),
}

#: Routes that store under the host app's id, of which each organisation has its own.
BY_EXTERNAL_ID = {"put_agent", "put_contact"}

#: What asks for no permission: who calls is enough, or what it names has one of its own.
WITHOUT_PERMISSION = {
    *("create_visitor", "get_me", "create_ticket", "health_live", "health_ready"),
    *("list_events", "hello", "subscribe", "unsubscribe", "renew", "ping"),
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
        "owner of another organisation": stranger_desk.agent(role="owner"),
        "owner of another organisation with the same id": stranger_desk.agent("ada", role="owner"),
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
        if endpoint.permission is not Access.PUBLIC:
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
    with untouched(secrets):
        for values in itertools.product(*(PARAMETERS[name](secrets) for name in names)):
            path = endpoint.path.format(**dict(zip(names, values, strict=True)))
            for who, person in people.items():
                if who == "owner of another organisation with the same id" and "agent_id" in names:
                    # Their own record carries that id: it is not the other's.
                    continue
                if endpoint.operation in BY_EXTERNAL_ID and _has(person, endpoint.permission):
                    # It names their own record, or makes it.
                    continue
                response = person.http.request(endpoint.method, path, json=body)
                expected = 404 if _has(person, endpoint.permission) else 403
                assert response.status_code == expected, (who, path, response.text)
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
                expected = "not_found" if _has(person, _needs(tag, fields)) else "forbidden"
                assert error["code"] == expected, (who, fields)
                assert "secret" not in str(error)


def _has(person: Person, requirement: Requirement | None) -> bool:
    """Whether somebody has what is asked for, by what they are told of themselves."""
    wanted = None if requirement is None else needed(requirement)
    return wanted is None or any(one.name in person.me["permissions"] for one in wanted)


def _needs(tag: str, fields: Frame) -> Requirement | None:
    """What a frame needs with these fields."""
    if tag == "message.send":
        return NOTES_WRITE if fields.get("visibility") == "internal" else CONVERSATIONS_REPLY
    (handler,) = (one for one in HANDLERS if one.frame.__struct_config__.tag == tag)
    return handler.permission


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


# What each role may do in its own organisation.

#: The built-in roles, those of the host app, and a visitor with their own conversation.
CALLERS = (*(role.value for role in LADDER), *ROLES, "visitor")
ASKING = [one for one in ENDPOINTS if needed(one.permission) is not None]
FRAMES_ASKING = [one for one in HANDLERS if needed(one.permission) is not None]

#: What is wrong with this is told only to somebody who may ask at all.
UNREADABLE = {"content": b"{", "params": {"nonsense": "1"}}


def callers(secrets: Secrets, desk: Desk) -> dict[str, Person]:
    return {
        name: secrets.visitor if name == "visitor" else desk.agent(role=name) for name in CALLERS
    }


@pytest.mark.one_engine
@pytest.mark.parametrize("endpoint", ASKING, ids=lambda endpoint: endpoint.operation)
def test_every_route_and_role(desk: Desk, endpoint: Endpoint) -> None:
    secrets = Secrets(desk)
    people = callers(secrets, desk)
    for person in people.values():
        person.get("/me")
    refusal = f"This needs the permission {in_words(endpoint.permission)}."
    body = BODIES.get(endpoint.operation)
    allowed: list[str] = []
    with untouched(secrets):
        for name, person in people.items():
            if _has(person, endpoint.permission):
                allowed.append(name)
                continue
            for request in (UNREADABLE, {"json": body}):
                response = person.http.request(
                    endpoint.method, _about(secrets, endpoint, person), **request
                )
                told = response.json()
                assert (response.status_code, told["code"]) == (403, "forbidden"), name
                assert told["detail"] == refusal
    assert {"owner"} <= set(allowed) < set(CALLERS), "nobody is refused, or everybody"
    for name in allowed:
        person = people[name]
        path = _about(secrets, endpoint, person)
        told = person.http.request(endpoint.method, path, json=body).json()
        assert told.get("detail") != refusal, name


@pytest.mark.one_engine
@pytest.mark.parametrize("endpoint", ASKING, ids=lambda endpoint: endpoint.operation)
def test_every_route_and_api_key(desk: Desk, endpoint: Endpoint) -> None:
    """A key that has all other permissions is refused, and one that has only these is not."""
    secrets = Secrets(desk)
    owner = desk.agent(role=Role.OWNER)
    grantable = {one["name"] for one in owner.get("/api-keys/permissions")["items"]}
    wanted = {one.name for one in needed(endpoint.permission) or ()}
    refusal = f"This needs the permission {in_words(endpoint.permission)}."
    body = BODIES.get(endpoint.operation)
    for names, refused in ((grantable - wanted, True), (grantable & wanted, False)):
        if not names:
            continue
        fields = {"name": "key", "permissions": sorted(names)}
        key = Person(desk.base, token=owner.post("/api-keys", fields)["secret"])
        before = secrets.fingerprint()
        path = _about(secrets, endpoint, key)
        response = key.http.request(endpoint.method, path, json=body)
        told = response.json()
        if refused:
            assert (response.status_code, told["code"]) == (403, "forbidden")
            assert told["detail"] == refusal
        else:
            assert (told.get("code") == "agent_needed") == endpoint.by_person
            assert told.get("detail") != refusal
        if refused or endpoint.by_person:
            assert secrets.fingerprint()[:-2] == before[:-2]


def _about(secrets: Secrets, endpoint: Endpoint, person: Person) -> str:
    return endpoint.path.format(
        conversation_id=secrets.conversation,
        message_id=secrets.message,
        agent_id=person.id,
        job_id=secrets.job,
        saved_reply_id=secrets.saved_reply,
        tag_id=secrets.tag,
        key_id=secrets.key,
        team_id=secrets.team,
        contact=secrets.visitor.id,
        external_id="somebody",
        webhook_id=secrets.webhook,
        delivery_id="dlv_1",
    )


@pytest.mark.anyio
@pytest.mark.one_engine
@pytest.mark.parametrize("handler", FRAMES_ASKING, ids=lambda one: one.frame.__struct_config__.tag)
async def test_every_frame_and_role(desk: Desk, handler: FrameHandler[Any]) -> None:
    tag = str(handler.frame.__struct_config__.tag)
    make = FRAMES[tag]
    assert make is not None, "what needs a permission is about something"
    secrets = Secrets(desk)
    people = callers(secrets, desk)
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(Client(person.base, person))
            for name, person in people.items()
        }
        frames = [(name, fields) for name in people for fields in make(secrets)]
        refused = [one for one in frames if not _has(people[one[0]], _needs(tag, one[1]))]
        # That the visitor is there is written a moment after the welcome.
        view = f"/conversations/{secrets.conversation}"
        await until(lambda: secrets.agent.get(view)["contact_present"])
        with untouched(secrets):
            for name, fields in refused:
                assert await _answered(clients[name], handler, fields) == "forbidden", name
        assert 0 < len(refused) < len(frames)
        for name, fields in frames:
            if (name, fields) not in refused:
                assert await _answered(clients[name], handler, fields) != "forbidden", name


async def _answered(client: Client, handler: FrameHandler[Any], fields: Frame) -> str | None:
    """The error that answers a frame, once it was handled."""
    frame = {"type": handler.frame.__struct_config__.tag, **fields}
    if "id" in handler.frame.__struct_fields__:
        return (await client.request(frame)).get("code")
    # It is answered only if it is refused. Frames are handled in order.
    since, number = len(client.frames), next(_numbers)
    await client.send(frame)
    await client.send({"type": "ping", "n": number})
    await client.until_frame("pong", n=number)
    errors = [one["code"] for one in client.frames[since:] if one["type"] == "error"]
    return errors[0] if errors else None


_numbers = itertools.count(1)

#: Every kind of streams: what it needs, and one of them.
STREAMS: list[tuple[str, tuple[Permission, ...], Callable[[Secrets], str]]] = [
    (INBOXES.kind, (INBOXES.permission,), lambda secrets: f"inbox:{secrets.organization}"),
    *(
        (
            stream.kind,
            (kind.permission, stream.permission),
            lambda secrets, stream=stream: stream.name(secrets.conversation),
        )
        for kind in AGGREGATES
        for stream in kind.streams
    ),
]


@pytest.mark.anyio
@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream[0])
async def test_every_stream_and_role(
    desk: Desk, stream: tuple[str, tuple[Permission, ...], Callable[[Secrets], str]]
) -> None:
    kind, permissions, one_of = stream
    assert kind in STREAM_KINDS, "say in this file that there is a new kind of streams"
    secrets = Secrets(desk)
    for name, person in callers(secrets, desk).items():
        sees = all(one.name in person.me["permissions"] for one in permissions)
        response = person.http.get(f"/streams/{one_of(secrets)}/events")
        assert response.status_code == (200 if sees else 404), name
        assert ("secret" in response.text) == sees, name
        async with Client(person.base, person) as client:
            reply = await client.subscribe(one_of(secrets))
            told = (reply["type"], reply.get("code"))
            assert told == (("ok", None) if sees else ("error", "not_found")), name


#: The kinds of streams that the cases above know how to name.
STREAM_KINDS = {"inbox", "conversation", "notes"}

#: Every kind of streams that belong to one person, and whose events nobody else sees.
PERSONAL: dict[str, Callable[[Person], bool]] = {
    "agent": lambda person: person.me["kind"] == "agent",
    "visitor": lambda person: person.me["kind"] == "visitor",
}


@pytest.mark.anyio
@pytest.mark.parametrize("own", OWN_STREAMS, ids=lambda own: own.kind)
async def test_a_personal_stream_is_for_one_person(
    desk: Desk, stranger_desk: Desk, own: OwnStream
) -> None:
    secrets = Secrets(desk)
    everybody = {**callers(secrets, desk), "a stranger": stranger_desk.agent(role="owner")}
    for owner in everybody.values():
        for name, person in everybody.items():
            stream = own.name(owner.me["id"])
            sees = person is owner and PERSONAL[own.kind](person)
            response = person.http.get(f"/streams/{stream}/events")
            assert response.status_code == (200 if sees else 404), (stream, name)
    for name, person in everybody.items():
        async with Client(person.base, person) as client:
            reply = await client.subscribe(own.name(person.me["id"]))
            assert reply["type"] == ("ok" if PERSONAL[own.kind](person) else "error"), name
            for stream in (own.name("*"), own.name(everybody["owner"].me["id"] + "x")):
                assert (await client.subscribe(stream))["code"] == "not_found"


def test_what_asks_for_no_permission_is_listed() -> None:
    asked = {
        *((one.operation, one.permission) for one in ENDPOINTS),
        *((str(one.frame.__struct_config__.tag), one.permission) for one in HANDLERS),
    }
    assert {name for name, wanted in asked if isinstance(wanted, Access)} == WITHOUT_PERMISSION


def test_an_agent_without_the_inbox_lists_what_is_assigned_to_them(desk: Desk) -> None:
    secrets = Secrets(desk)
    boss, tier2 = desk.agent(role="admin"), desk.agent(role="tier2")
    assert CONVERSATIONS_READ.name in tier2.me["permissions"]
    other = desk.visitor().begin("another")["id"]
    assert tier2.get("/conversations")["items"] == []
    boss.patch(f"/conversations/{other}", {"assignee_id": tier2.id})
    assert [item["id"] for item in tier2.get("/conversations")["items"]] == [other]
    for filters in ({"assignee": "me"}, {"assignee": "unassigned"}, {"order": "longest_waiting"}):
        tier2.get("/conversations", 403, **filters)
    # It may open what it is led to, such as by a link.
    assert tier2.get(f"/conversations/{secrets.conversation}")["id"] == secrets.conversation


def test_conversations_are_assigned_to_those_who_may_answer(desk: Desk) -> None:
    conversation = desk.visitor().begin()["id"]
    boss = desk.agent(role="admin")
    for name in CALLERS[:-1]:
        person = desk.agent(role=name)
        answers = CONVERSATIONS_REPLY.name in person.me["permissions"]
        status = 200 if answers else 422
        boss.patch(f"/conversations/{conversation}", {"assignee_id": person.id}, status)
        (record,) = (one for one in boss.get("/agents")["items"] if one["id"] == person.id)
        assert (record["role"], record["assignable"]) == (name, answers)


def test_notes_are_for_those_who_may_read_them(desk: Desk) -> None:
    secrets = Secrets(desk)
    tier1 = desk.agent(role="tier1")
    bodies = [message["body"] for message in tier1.thread(secrets.conversation)]
    assert bodies == ["secret"]
    tier1.write(secrets.conversation, "x", 403, visibility="internal")
    tier1.patch(f"/messages/{secrets.note}", {"body": "x"}, 404)
    tier1.delete(f"/messages/{secrets.note}", 404)


def test_an_own_message_is_edited_by_those_who_may_still_write(desk: Desk) -> None:
    """Somebody's role was taken from them after they had written."""
    conversation = desk.visitor().begin()["id"]
    before, after = desk.agent("eve", role="agent"), desk.agent("eve", role="viewer")
    answer = before.write(conversation, "answer")["id"]
    note = before.write(conversation, "note", visibility="internal")["id"]
    answering = desk.agent("eve", role="tier1")
    for message in (answer, note):
        after.patch(f"/messages/{message}", {"body": "x"}, 403)
        after.delete(f"/messages/{message}", 403)
    answering.patch(f"/messages/{answer}", {"body": "better"})
    # It sees no notes any more, its own ones included.
    answering.patch(f"/messages/{note}", {"body": "x"}, 404)


def test_every_kind_of_jobs_says_what_it_may_do() -> None:
    assert {kind.name for kind in JOBS} == {
        *("idempotency.expire", "conversation.wake", "conversation.open", "message.send"),
        *("conversation.sweep", "conversation.resolve_silent"),
        *("hook.retry", "hook.event", "presence.expire", "tag.rewrite"),
        *("webhook.send", "webhook.replay", "webhook.expire", "search.rebuild"),
        "notification.expire",
    }
    assert all(isinstance(one, Permission) for kind in JOBS for one in kind.permissions)
