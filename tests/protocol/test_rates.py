"""What one client does as fast as it can reaches the others at a bounded rate, and ends rightly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from campfire_chat.features.presence import beats, typing
from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer

pytestmark = pytest.mark.anyio

Connect = Any


@contextmanager
def served(sqlite_database_url: str) -> Iterator[Desk]:
    """A server that looks at presence in the database so rarely that every frame is a client's
    doing."""
    campfire = campfire_for(sqlite_database_url, **{**QUICK, "presence_beat": 20.0})
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
async def test_typing_on_and_off_passes_no_throttle(
    sqlite_database_url: str, connect: Connect, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine needs several seconds to pass the frames on.
    monkeypatch.setattr(typing, "REPEAT", 5.0)
    monkeypatch.setattr(typing, "LIFE", 600.0)
    with served(sqlite_database_url) as desk:
        await on_and_off(desk, connect, who)


async def on_and_off(desk: Desk, connect: Connect, who: str) -> None:
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
    sqlite_database_url: str, connect: Connect, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(sqlite_database_url) as desk:
        await coming_and_going(desk, connect, who, monkeypatch)


async def coming_and_going(
    desk: Desk, connect: Connect, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, agent, colleague = desk.visitor(), desk.agent(), desk.agent()
    id = visitor.begin()["id"]
    stream = f"conversation:{id}"
    busy = visitor if who == "visitor" else colleague
    restless, watcher = await connect(busy), await connect(agent)
    await watcher.subscribe(stream)
    await watcher.subscribe(f"notes:{id}")
    seen = len(watcher.frames)
    # Nobody is away for so long, however slow the machine is.
    monkeypatch.setattr(beats, "LINGER", 600.0)
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
    monkeypatch.undo()
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
