"""What one client does as fast as it can reaches the others at a bounded rate, and ends rightly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio

Connect = Any


@pytest.fixture
def desk(sqlite_database_url: str) -> Iterator[Desk]:
    """A server that looks at presence in the database so rarely that every frame is a client's
    doing."""
    slow = {"heartbeat": 25.0, "presence_beat": 20.0, "presence_life": 60.0}
    campfire = campfire_for(sqlite_database_url, **{**QUICK, **slow})
    with ThreadServer(host_app(campfire)) as server:
        yield Desk(f"{server.url}/support")


async def passed(client: Client) -> None:
    """Wait until the server has looked at everything that was sent before."""
    n = len(client.frames) + 1
    await client.send({"type": "ping", "n": n})
    await client.until_frame("pong", n=n)


def of(client: Client, kind: str) -> list[dict[str, Any]]:
    return [frame for frame in client.frames if frame["type"] == kind]


@pytest.mark.parametrize("who", ["visitor", "agent"])
async def test_typing_on_and_off_passes_no_throttle(desk: Desk, connect: Connect, who: str) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    id = visitor.begin()["id"]
    stream = f"conversation:{id}"
    busy, looking = (visitor, agent) if who == "visitor" else (agent, visitor)
    one, other = await connect(busy), await connect(busy)
    watcher = await connect(looking)
    for client in (one, other, watcher):
        await client.subscribe(stream)
    # From two tabs, within one window: typing is somebody's, not a socket's.
    for n in range(400):
        frame = {"type": "typing", "conversation_id": id, "active": n % 4 < 2}
        await (one, other)[n % 2].send(frame)
    await passed(one)
    await passed(other)
    await passed(watcher)
    in_window = of(watcher, "typing")
    # On and off, and the state in which it was when one window or two had passed meanwhile.
    assert [frame["active"] for frame in in_window[:2]] == [True, False]
    assert len(in_window) <= 6
    # The end is told, whenever the window ends; here somebody types on.
    await one.send({"type": "typing", "conversation_id": id, "active": True})
    await watcher.until(lambda: of(watcher, "typing")[-1]["active"], "that somebody types on")
    for active in (False, True, False):
        await one.send({"type": "typing", "conversation_id": id, "active": active})
    await watcher.until(lambda: not of(watcher, "typing")[-1]["active"], "the last state")


@pytest.mark.parametrize("who", ["visitor", "agent"])
async def test_coming_and_going_makes_no_presence_at_rate(
    desk: Desk, connect: Connect, who: str
) -> None:
    visitor, agent, colleague = desk.visitor(), desk.agent(), desk.agent()
    id = visitor.begin()["id"]
    stream = f"conversation:{id}"
    busy = visitor if who == "visitor" else colleague
    restless, watcher = await connect(busy), await connect(agent)
    await watcher.subscribe(stream)
    await watcher.subscribe(f"notes:{id}")
    seen = len(watcher.frames)
    for _ in range(100):
        await restless.request({"type": "subscribe", "stream": stream, "after": 1})
        await restless.request({"type": "unsubscribe", "stream": stream})
    await restless.request({"type": "subscribe", "stream": stream, "after": 1})
    await passed(watcher)
    told = [
        frame
        for frame in watcher.frames[seen:]
        if frame["type"] == "presence" and frame.get("conversation_id") == id
    ]
    # Came, and was never away for long enough to be gone.
    assert len(told) == 1
    assert told[0]["participant"]["id"] == busy.id
    # Leaving for good is told, also when the socket just ends.
    gone = {"availability": "offline"} if who == "visitor" else {"viewing": False}
    await restless.drop()
    await watcher.until_frame("presence", since=seen, conversation_id=id, **gone)
    # And coming back after that.
    again = await connect(busy)
    seen = len(watcher.frames)
    await again.subscribe(stream)
    here = {"availability": "online"} if who == "visitor" else {"viewing": True}
    await watcher.until_frame("presence", since=seen, conversation_id=id, **here)
