"""Clients that overdo it, and hosts that are slow: the others must not notice."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import websockets

from campfire_chat.features.presence import typing
from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.host import authenticate, campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer
from tests.support.talk import until

pytestmark = pytest.mark.anyio

Connect = Any


async def test_a_typing_flood_closes_nobody_else(
    database_url: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the flood takes, it is within one window.
    for name in ("LIFE", "REPEAT"):
        monkeypatch.setattr(typing, name, 600.0)
    with ThreadServer(host_app(campfire_for(database_url, **QUICK))) as server:
        await typing_flood(Desk(f"{server.url}/support"), connect)


async def typing_flood(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(stream)
    await his.subscribe(stream)
    frame = {"type": "typing", "conversation_id": conversation["id"], "active": True}
    for _ in range(1_500):
        await hers.send(frame)
    await hers.send({"type": "ping", "n": 7})
    await hers.until_frame("pong", n=7)
    await his.send({"type": "ping", "n": 8})
    await his.until_frame("pong", n=8)
    shown = [sent for sent in his.frames if sent["type"] == "typing" and sent["active"]]
    assert len(shown) == 1


async def test_a_backlog_larger_than_the_queue_is_resumed(desk: Desk, connect: Connect) -> None:
    visitor = desk.visitor()
    writer = await connect(visitor)
    streams: dict[str, int] = {}
    for _ in range(5):
        conversation = visitor.begin()
        bodies = [f"{n} {'x' * 9_000}" for n in range(30)]
        await asyncio.gather(*(writer.say(conversation["id"], body) for body in bodies))
        streams[f"conversation:{conversation['id']}"] = 31
    await writer.close()
    url = f"{desk.base.replace('http', 'ws', 1)}/ws"
    points = [{"stream": name, "after": 0} for name in streams]
    hello = {"type": "hello", "token": visitor.token, "resume": points}
    async with websockets.connect(url, subprotocols=["campfire.v1"], max_size=None) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps(hello))
        first = json.loads(await socket.recv())
        assert first["type"] == "welcome"
        left = dict(streams)
        async with asyncio.timeout(120):
            while left:
                frame = json.loads(await socket.recv())
                if frame["type"] == "events" and frame["events"][-1]["seq"] == left.get(
                    frame["stream"]
                ):
                    del left[frame["stream"]]


async def test_a_batch_larger_than_the_queue_closes_no_fast_reader(
    desk: Desk, connect: Connect
) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    reader = await connect(agent)
    await reader.subscribe(stream)
    writers = [await connect(visitor) for _ in range(4)]
    await asyncio.gather(
        *(
            writer.say(conversation["id"], f"{index} {n}")
            for index, writer in enumerate(writers)
            for n in range(120)
        )
    )
    view = await reader.until_seq(stream, 481)
    assert reader.connected
    assert [event["seq"] for event in view.applied] == list(range(1, 482))


async def test_a_host_that_does_not_answer_stops_no_heartbeat(database_url: str) -> None:
    asked = 0

    async def slow(connection: Any) -> Any:
        nonlocal asked
        user = await authenticate(connection)
        if user is not None:
            asked += 1
            if asked > 1:
                await asyncio.sleep(3_600)
        return user

    settings = {**QUICK, "heartbeat": 0.4, "reauthenticate": 0.2}
    campfire = campfire_for(database_url, authenticate=slow, **settings)
    with ThreadServer(host_app(campfire)) as server:
        desk = Desk(f"{server.url}/support")
        visitor = desk.visitor()
        async with Client(desk.base, desk.agent("ada")), Client(desk.base, visitor) as hers:
            # The host is asked again, and hangs.
            await until(lambda: asked > 1)
            for _ in range(3):
                await hers.until_frame("head", since=len(hers.frames))


@pytest.mark.parametrize("origin", ["http://[::1", "http://", "null", "ftp://127.0.0.1"])
async def test_an_odd_origin_is_a_forbidden_one(desk: Desk, origin: str) -> None:
    agent = desk.agent()
    answer = agent.http.put(
        f"/agents/{agent.id}/availability",
        json={"availability": "away"},
        headers={"Origin": origin},
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "origin_forbidden"
