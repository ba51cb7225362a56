"""Subscribing, replay, resuming, resetting: how a client follows a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import QUICK
from tests.support.client import SUBPROTOCOL
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio

Connect = Any


async def test_welcome_says_who_and_what(desk: Desk, connect: Connect) -> None:
    agent = desk.agent("ada", name="Ada", avatar_url="/ada.png")
    client = await connect(agent)
    welcome = client.welcome
    assert welcome["version"] == 1
    assert welcome["heartbeat"] > 0
    assert welcome["epoch"]
    assert welcome["streams"] == []
    assert welcome["limits"]["frame_bytes"] == 64 * 1024
    assert welcome["limits"]["body_characters"] == 10_000
    assert welcome["principal"] == {
        "kind": "agent",
        "id": agent.id,
        "name": "Ada",
        "avatar_url": "/ada.png",
        "email": None,
        "organization": desk.organization,
        "role": "agent",
        "permissions": agent.me["permissions"],
        "verified": True,
    }
    assert client._connection.subprotocol == SUBPROTOCOL


async def test_sessions_differ_and_the_epoch_does_not(desk: Desk, connect: Connect) -> None:
    agent = desk.agent()
    first, second = await connect(agent), await connect(agent)
    assert first.welcome["session"] != second.welcome["session"]
    assert first.welcome["epoch"] == second.welcome["epoch"]


async def test_replay_from_the_beginning_then_live(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin("one")
    for body in ("two", "three"):
        visitor.write(conversation["id"], body)
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    reply = await client.subscribe(stream)
    assert (reply["type"], reply["stream"], reply["head"]) == ("ok", stream, 3)
    await client.until_seq(stream, 3)
    visitor.write(conversation["id"], "four")
    view = await client.until_seq(stream, 4)
    assert [event["data"]["body"] for event in view.applied] == ["one", "two", "three", "four"]
    assert view.repetitions == 0
    assert view.gaps == 0


async def test_from_the_head_only_what_is_new(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin("old")
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    reply = await client.subscribe(stream, after=None)
    assert reply["head"] == 1
    visitor.write(conversation["id"], "new")
    view = await client.until_seq(stream, 2)
    assert [event["data"]["body"] for event in view.applied] == ["new"]


async def test_a_long_history_comes_in_pages_and_in_order(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin("0")
    stream = f"conversation:{conversation['id']}"
    writer = await connect(visitor)
    sends = [writer.say(conversation["id"], str(n)) for n in range(1, 450)]
    await asyncio.gather(*sends)
    reader = await connect(visitor)
    await reader.subscribe(stream)
    view = await reader.until_seq(stream, 450)
    pages = [frame for frame in reader.frames if frame["type"] == "events"]
    assert len(pages) > 1
    assert pages[0]["more"] is True
    assert pages[-1]["more"] is False
    assert [event["seq"] for event in view.applied] == list(range(1, 451))
    assert {event["data"]["body"] for event in view.applied} == {str(n) for n in range(450)}


async def test_resuming_brings_exactly_what_was_missed(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin("one")
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    await client.subscribe(stream)
    await client.until_seq(stream, 1)
    await client.drop()
    for body in ("two", "three"):
        agent.write(conversation["id"], body)
    welcome = await client.connect()
    # Two answers, and that the agent got the conversation with the first.
    assert welcome["streams"] == [{"stream": stream, "head": 4}]
    view = await client.until_seq(stream, 4)
    assert [event["seq"] for event in view.applied] == [1, 2, 3, 4]
    assert view.repetitions == 0
    agent.write(conversation["id"], "four")
    await client.until_seq(stream, 5)


async def test_a_stream_that_may_not_be_seen_any_more_is_refused_at_resume(
    desk: Desk, connect: Connect
) -> None:
    client = await connect(desk.visitor(), hello=False)
    await client.send(
        {
            "type": "hello",
            "token": client.person.token,
            "resume": [{"stream": "conversation:conv_nobody", "after": 3}],
        }
    )
    error = await client.until_frame("error")
    assert error["code"] == "not_found"
    assert client.welcome["streams"] == []


@pytest.mark.parametrize(
    ("after", "epoch", "reason"), [(99, None, "ahead"), (0, "another-life", "epoch")]
)
async def test_reset_when_there_is_no_way_on(
    desk: Desk, connect: Connect, after: int, epoch: str | None, reason: str
) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    await client.subscribe(stream, after=after, epoch=epoch)
    reset = await client.until_frame("reset")
    assert reset["reason"] == reason
    assert reset["stream"] == stream
    assert reset["head"] == 1
    assert reset["epoch"] == client.epoch


async def test_after_a_reset_the_snapshot_and_the_stream_meet(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    await client.subscribe(stream, after=99)
    await client.until_frame("reset")
    client.views.clear()
    snapshot = visitor.get(f"/conversations/{conversation['id']}")
    await client.subscribe(stream, after=snapshot["head"])
    visitor.write(conversation["id"], "next")
    view = await client.until_seq(stream, 2)
    assert [event["data"]["body"] for event in view.applied] == ["next"]


async def test_unsubscribed_means_silent(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    await client.subscribe(stream)
    await client.until_seq(stream, 1)
    assert (await client.unsubscribe(stream))["type"] == "ok"
    seen = len(client.frames)
    visitor.write(conversation["id"], "unheard")
    await client.subscribe(f"conversation:{visitor.begin()['id']}")
    assert not [frame for frame in client.frames[seen:] if frame.get("stream") == stream]
    assert (await client.unsubscribe("conversation:never"))["type"] == "ok"


async def test_subscribing_again_starts_where_asked(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin("one")
    visitor.write(conversation["id"], "two")
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    await client.subscribe(stream)
    await client.until_seq(stream, 2)
    await client.subscribe(stream, after=0)
    view = client.views[stream]
    await client.until(lambda: view.repetitions == 2, "the same events again")
    visitor.write(conversation["id"], "three")
    await client.until_seq(stream, 3)
    assert view.repetitions == 2


@pytest.mark.parametrize(
    "stream",
    ["conversation:conv_nobody", "notes:conv_nobody", "inbox:elsewhere", "nonsense", ":", "a:b"],
)
async def test_streams_that_are_not_there(desk: Desk, connect: Connect, stream: str) -> None:
    for person in (desk.visitor(), desk.agent()):
        client = await connect(person)
        reply = await client.subscribe(stream)
        assert (reply["type"], reply["code"]) == ("error", "not_found")


async def test_notes_and_inbox_are_for_agents(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    for stream in (f"notes:{conversation['id']}", f"inbox:{desk.organization}"):
        refused = await (await connect(visitor)).subscribe(stream)
        assert refused["code"] == "not_found"
        allowed = await (await connect(agent)).subscribe(stream)
        assert allowed["type"] == "ok"


@pytest.fixture
def beating_desk(database_url: str) -> Iterator[Desk]:
    """A desk whose heartbeats can be waited for."""
    with ThreadServer(host_app(campfire_for(database_url, **QUICK, heartbeat=1.0))) as server:
        yield Desk(f"{server.url}/support")


async def test_every_heartbeat_tells_the_heads(beating_desk: Desk, connect: Connect) -> None:
    visitor = beating_desk.visitor()
    stream = f"conversation:{visitor.begin()['id']}"
    client = await connect(visitor)
    await client.subscribe(stream)
    beat = await client.until_frame("head", heads={stream: 1})
    seen = client.frames.index(beat) + 1
    await client.until_frame("head", since=seen)


async def test_a_lost_last_event_is_noticed_by_the_next_heartbeat(
    beating_desk: Desk, connect: Connect
) -> None:
    visitor = beating_desk.visitor()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    client = await connect(visitor)
    await client.subscribe(stream)
    view = await client.until_seq(stream, 1)
    take, lost = view.take, []

    def lose_one(event: dict[str, Any]) -> None:
        # What a broken middlebox may do to a frame; the client cannot know of it.
        if event["seq"] == 2 and not lost:
            lost.append(event)
        else:
            take(event)

    view.take = lose_one  # type: ignore[method-assign]
    visitor.write(conversation["id"], "lost on the way")
    await client.until_seq(stream, 2)
    assert lost
    assert view.gaps == 1


async def test_one_connection_may_not_hoard_subscriptions(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    stream = f"conversation:{visitor.begin()['id']}"
    client = await connect(visitor)
    for name in ("conversation:a", "notes:b"):
        assert (await client.subscribe(name))["type"] == "error"
    assert (await client.subscribe(stream))["type"] == "ok"
