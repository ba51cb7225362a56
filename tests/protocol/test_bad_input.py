"""What is wrong is named, the socket stays open, nothing is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.client import Client
from tests.support.engines import run_apart
from tests.support.people import Desk, Person

Connect = Any

NUL, LONE = "a\x00b", "a\ud83d"

BAD_FRAMES: list[tuple[str, str, str | None]] = [
    # Not JSON, or not what a frame is.
    ("", "malformed", None),
    ("{", "malformed", None),
    ("nonsense", "malformed", None),
    ('{"type": "ping", "n": NaN}', "malformed", None),
    ('{"type": "ping"} {}', "malformed", None),
    ('{"type": "ping", "n": "\\ud83d"}', "invalid_text", None),
    ('{"type": "ping", "n": ["\\ud83d", NaN]}', "malformed", None),
    ("[" * 5000 + "]" * 5000, "malformed|invalid", None),
    ('{"type": ' + '{"a":' * 5000 + "1" + "}" * 5001, "malformed|invalid", None),
    ("[]", "invalid", None),
    ("null", "invalid", None),
    ('"ping"', "invalid", None),
    ("7", "invalid", None),
    ("{}", "invalid", "type"),
    ('{"type": null}', "invalid", "type"),
    ('{"type": 7}', "invalid", "type"),
    ('{"type": ["ping"]}', "invalid", "type"),
    ('{"type": "shout"}', "unknown_frame", None),
    ('{"type": "welcome"}', "unknown_frame", None),
    ('{"type": "Ping"}', "unknown_frame", None),
    # Known frames with wrong fields.
    ('{"type": "ping", "n": "one"}', "invalid", "n"),
    ('{"type": "ping", "n": 1.5}', "invalid", "n"),
    ('{"type": "ping", "n": 1e400}', "malformed|invalid", None),
    ('{"type": "subscribe", "id": "x"}', "invalid", "stream"),
    ('{"type": "subscribe", "stream": "conversation:x"}', "invalid", "id"),
    ('{"type": "subscribe", "id": "x", "stream": ""}', "invalid", "stream"),
    ('{"type": "subscribe", "id": "x", "stream": "a", "after": -1}', "invalid", "after"),
    ('{"type": "subscribe", "id": "x", "stream": "a", "after": 9007199254740992}', "invalid", None),
    ('{"type": "subscribe", "id": "x", "stream": "a", "after": "1"}', "invalid", "after"),
    ('{"type": "unsubscribe", "id": "x"}', "invalid", "stream"),
    ('{"type": "message.send", "id": "x", "conversation_id": "c"}', "invalid", "body"),
    ('{"type": "message.send", "id": "", "conversation_id": "c", "body": "b"}', "invalid", "id"),
    ('{"type": "message.send", "id": 5, "conversation_id": "c", "body": "b"}', "invalid", "id"),
    ('{"type": "message.send", "id": "x", "conversation_id": 5, "body": "b"}', "invalid", None),
    (
        '{"type": "message.send", "id": "x", "conversation_id": "c", "body": null}',
        "invalid",
        "body",
    ),
    ('{"type": "typing", "conversation_id": "c"}', "invalid", "active"),
    ('{"type": "typing", "conversation_id": "c", "active": 1}', "invalid", "active"),
    ('{"type": "receipt", "conversation_id": "c", "read": -5}', "invalid", "read"),
    ('{"type": "receipt", "conversation_id": "c", "read": true}', "invalid", "read"),
    # Well-formed and about nothing.
    ('{"type": "typing", "conversation_id": "conv_nobody", "active": true}', "not_found", None),
    ('{"type": "receipt", "conversation_id": "conv_nobody", "read": 1}', "not_found", None),
    ('{"type": "hello"}', "bad_frame", None),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("text", "code", "field"), BAD_FRAMES)
async def test_bad_frames_are_answered_and_survived(
    desk: Desk, connect: Connect, text: str, code: str, field: str | None
) -> None:
    client = await connect(desk.visitor())
    await client.send_text(text)
    error = await client.until_frame("error")
    assert error["code"] in code.split("|")
    assert error["message"]
    assert error["final"] is True
    if field is not None:
        assert error["field"] == field
    await client.send({"type": "ping", "n": 3})
    await client.until_frame("pong", n=3)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "frame",
    [
        {"type": "shout", "id": "mine"},
        {"type": "message.send", "id": "mine"},
        {"type": "message.send", "id": "mine", "conversation_id": "conv_nobody", "body": "b"},
        {"type": "subscribe", "id": "mine", "stream": "conversation:nobody"},
        {"type": "receipt", "id": "mine", "conversation_id": "conv_nobody", "read": 1},
        {"type": "message.send", "id": "mine", "conversation_id": "conv_nobody", "body": LONE},
        {"id": "mine"},
    ],
)
async def test_an_error_says_which_frame_it_answers(
    desk: Desk, connect: Connect, frame: dict[str, Any]
) -> None:
    client = await connect(desk.visitor())
    assert (await client.request(frame))["id"] == "mine"


BAD_BODIES: list[tuple[Any, str]] = [
    ("", "body_empty"),
    ("   \n\t  ", "body_empty"),
    ("\u200b\u2060\ufeff", "body_empty"),
    ("x" * 10_001, "body_too_long"),
    ("é" * 10_001, "body_too_long"),
    (NUL, "invalid_text"),
    (LONE, "invalid_text"),
    (None, "invalid"),
    (5, "invalid"),
    (["x"], "invalid"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("body", "code"), BAD_BODIES)
async def test_bad_bodies_over_the_socket_and_rest(
    desk: Desk, connect: Connect, body: Any, code: str
) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    client = await connect(visitor)
    frame = {"type": "message.send", "id": "m", "conversation_id": conversation["id"], "body": body}
    seen = len(client.frames)
    await client.send(frame)
    error = await client.until_frame("error", since=seen)
    assert error["code"] in code.split("|")
    content = json.dumps({"body": body, "client_id": "m"})
    for path in (f"/conversations/{conversation['id']}/messages", "/conversations"):
        payload = content if "messages" in path else f'{{"message": {content}}}'
        answer = visitor.http.post(
            path, content=payload, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422)
        assert answer.json()["code"] in code.split("|")
        assert answer.headers["content-type"] == "application/problem+json"
    await client.send({"type": "ping", "n": 1})
    await client.until_frame("pong")
    assert len(visitor.thread(conversation["id"])) == 1


@pytest.mark.anyio
async def test_the_longest_bodies_are_taken(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    client = await connect(visitor)
    for body in ("x" * 10_000, "🎈" * 10_000):
        text = json.dumps(
            {
                "type": "message.send",
                "id": body[0],
                "conversation_id": conversation["id"],
                "body": body,
            },
            ensure_ascii=False,
        )
        await client.send_text(text)
        await client.until_frame("ok", id=body[0])
    assert [len(item["body"]) for item in visitor.thread(conversation["id"])] == [6, 10000, 10000]


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["id", "conversation_id", "reply_to"])
@pytest.mark.parametrize("value", [NUL, LONE, "x" * 65, "", "../..", "%00", "' OR 1=1 --"])
async def test_odd_ids_in_frames(desk: Desk, connect: Connect, name: str, value: str) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    client = await connect(visitor)
    frame = {
        "type": "message.send",
        "id": "m",
        "conversation_id": conversation["id"],
        "body": "hello",
        name: value,
    }
    seen = len(client.frames)
    await client.send(frame)
    if name == "id" and value in ("../..", "%00", "' OR 1=1 --"):
        await client.until_frame("ok", since=seen)
        return
    error = await client.until_frame("error", since=seen)
    assert error["code"] in ("invalid", "invalid_text", "not_found", "malformed")
    assert len(visitor.thread(conversation["id"])) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FRAMES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["subscribe", "unsubscribe", "message.send", "receipt", "typing", "ping", "hello", "x"]
        )
    },
    optional={
        name: JSON | st.text(max_size=70)
        for name in (
            *("id", "stream", "after", "epoch", "conversation_id", "body", "visibility"),
            *("reply_to", "attachments", "delivered", "read", "active", "n", "token", "resume"),
        )
    },
)


async def _feed(person: Person, texts: list[str]) -> None:
    async with Client(person.base, person) as client:
        for number, text in enumerate(texts):
            await client.send_text(text)
            await client.send({"type": "ping", "n": number})
            await client.until_frame("pong", n=number)
        for frame in client.frames:
            assert frame.get("code") != "internal", (texts, frame)


@given(texts=st.lists(FRAMES.map(json.dumps) | st.text(), min_size=5, max_size=20))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_sent_the_socket_answers(desk: Desk, texts: list[str]) -> None:
    person = desk.visitor("the same one")
    run_apart(_feed(person, [text.encode(errors="replace").decode() for text in texts]))
    assert person.get("/conversations")["items"] == []
