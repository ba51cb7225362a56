"""What the hub keeps, and whom it tells: nothing for whoever was refused, nothing of whoever left,
and nobody is gone who is still there elsewhere. Over real sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from campfire_chat import Campfire
from campfire_chat.features.presence import beats
from campfire_chat.features.presence.service import PresenceService
from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer
from tests.support.talk import until
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

Connect = Any

#: So long that no sweep and no beat of this test's time puts anything right.
NEVER = 600.0


class Serving:
    """A server of the test's own, and what is behind it."""

    def __init__(self, campfire: Campfire, server: ThreadServer) -> None:
        self.campfire = campfire
        self.base = f"{server.url}/support"

    @property
    def hub(self) -> Any:
        assert self.campfire._running is not None
        return self.campfire._running.hub

    def listeners(self, stream: str) -> int:
        """How many sockets are attached to a stream, whatever they have been told."""
        return sum(
            len(channel.subscriptions)
            for (_, name), channel in list(self.hub._channels.items())
            if name == stream
        )


@asynccontextmanager
async def serving(database_url: str, **options: Any) -> AsyncIterator[Serving]:
    campfire = campfire_for(database_url, **{**QUICK, **options})
    with ThreadServer(host_app(campfire)) as server:
        yield Serving(campfire, server)


async def pong(client: Client, n: int) -> None:
    """Everything that was sent to the client before this has arrived."""
    await client.send({"type": "ping", "n": n})
    await client.until_frame("pong", n=n)


# Subscriptions.


async def test_subscriptions_are_counted_and_capped(sqlite_database_url: str) -> None:
    most = 3
    async with serving(sqlite_database_url, max_subscriptions=most) as site:
        desk = Desk(site.base)
        visitor = desk.visitor()
        ids = [visitor.begin(f"{n}")["id"] for n in range(most + 2)]
        names = [f"conversation:{id}" for id in ids]
        async with Client(desk.base, visitor) as client:
            # What is refused takes no place, however often.
            for _ in range(most + 1):
                assert (await client.subscribe("conversation:a"))["code"] == "not_found"
            for name in names[:most]:
                assert (await client.subscribe(name))["type"] == "ok"
            for name in names[most:]:
                refused = await client.subscribe(name)
                assert (refused["type"], refused["code"]) == ("error", "too_many")
            # The same one again is no further one.
            assert (await client.subscribe(names[0]))["type"] == "ok"
            assert [site.listeners(name) for name in names] == [1, 1, 1, 0, 0]
            await client.unsubscribe(names[0])
            assert (await client.subscribe(names[most]))["type"] == "ok"
            assert (await client.subscribe(names[most + 1]))["code"] == "too_many"
            assert [site.listeners(name) for name in names] == [0, 1, 1, 1, 0]
        # A hello may not resume more of them either.
        again = Client(desk.base, visitor)
        await again.open()
        resume = [{"stream": name, "after": 0} for name in names]
        await again.send({"type": "hello", "token": visitor.token, "resume": resume})
        await again.until(lambda: again.welcome is not None, "a welcome")
        assert again.welcome is not None
        assert [one["stream"] for one in again.welcome["streams"]] == names[:most]
        await pong(again, 1)
        codes = [frame["code"] for frame in again.frames if frame["type"] == "error"]
        assert codes == ["too_many"] * 2
        await again.drop()
        await until(lambda: not site.hub._channels)


def private(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = ("typing", "receipt", "presence", "event", "events", "head")
    return [
        frame
        for frame in frames
        if frame["type"] in kinds and frame.get("participant", {}).get("id") != "team"
    ]


async def test_a_refused_subscriber_is_not_attached_afterwards(
    desk: Desk, connect: Connect
) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    stranger, foreign = desk.visitor(), desk.other().agent()
    conversation = visitor.begin()["id"]
    names = [f"conversation:{conversation}", f"notes:{conversation}", f"inbox:{desk.organization}"]
    hers, his = await connect(visitor), await connect(agent)
    intruders = [await connect(stranger), await connect(foreign)]
    resumed = await connect(stranger, hello=False)
    await resumed.send(
        {
            "type": "hello",
            "token": stranger.token,
            "resume": [{"stream": name, "after": 0} for name in names],
        }
    )
    intruders.append(resumed)
    await hers.subscribe(names[0])
    for name in names:
        await his.subscribe(name)
        for client in intruders:
            assert (await client.subscribe(name))["code"] == "not_found"
    # The visitor is one too, where the agents are among themselves.
    for name in names[1:]:
        assert (await hers.subscribe(name))["code"] == "not_found"
    for client in (his, hers):
        await client.send({"type": "typing", "conversation_id": conversation, "active": True})
    await his.say(conversation, "secret", visibility="internal")
    await his.send({"type": "receipt", "conversation_id": conversation, "delivered": 1})
    await hers.until_frame("receipt", delivered=1)
    await his.until_frame("typing", active=True)
    await his.until_seq(names[1], 1)
    for n, client in enumerate(intruders):
        await pong(client, n)
        assert private(client.frames) == []
    await pong(hers, 9)
    assert not [frame for frame in hers.frames if frame.get("stream") in names[1:]]


@pytest.mark.parametrize("epoch", ["right", "wrong", None])
@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
async def test_the_epoch_counts_wherever_the_client_is(
    desk: Desk, connect: Connect, after: int, epoch: str | None
) -> None:
    """At the head as well: after a restored backup the numbers may be the same by chance."""
    visitor = desk.visitor()
    conversation = visitor.begin("1")["id"]
    for n in (2, 3):
        visitor.write(conversation, f"{n}")
    stream = f"conversation:{conversation}"
    client = await connect(visitor)
    claimed = client.epoch if epoch == "right" else epoch and "of another life"
    more = {} if claimed is None else {"epoch": claimed}
    expected = "epoch" if epoch == "wrong" else "ahead" if after > 3 else None
    again = await connect(visitor, hello=False)
    point = {"stream": stream, "after": after, **more}
    await again.send({"type": "hello", "token": visitor.token, "resume": [point]})
    await again.until(lambda: again.welcome is not None, "a welcome")
    await client.subscribe(stream, after=after, **more)
    page = visitor.get(f"/streams/{stream}/events", after=after, **more)
    assert page.get("reset") == expected
    for socket in (client, again):
        if expected is not None:
            reset = await socket.until_frame("reset")
            assert (reset["reason"], reset["head"]) == (expected, 3)
    # Whoever was told to begin anew hears nothing more of the stream; the others go on.
    visitor.write(conversation, "4")
    if expected is None:
        await client.until_seq(stream, 4)
        await again.until(lambda: "4" in bodies(again), "the next message")
    else:
        for n, socket in enumerate((client, again)):
            await pong(socket, n)
            assert bodies(socket) == []


def bodies(client: Client) -> list[str]:
    """The texts that came, whoever asked for them."""
    single = [frame for frame in client.frames if frame["type"] == "event"]
    paged = [
        event for frame in client.frames if frame["type"] == "events" for event in frame["events"]
    ]
    return [event["data"]["body"] for event in single + paged]


# Presence.


async def test_who_leaves_is_gone_at_once_from_the_database(database_url: str) -> None:
    """Not only at the next sweep, which may be a minute away."""
    quiet = {"presence_beat": NEVER, "presence_life": 2 * NEVER}
    async with serving(database_url, **quiet) as site:
        desk = Desk(site.base)
        visitor, ada, bob = desk.visitor(), desk.agent("ada"), desk.agent("bob")
        conversation = visitor.begin()["id"]
        path = f"/conversations/{conversation}"
        stream = f"conversation:{conversation}"

        def looking() -> set[str]:
            return {viewer["id"] for viewer in bob.get(path)["viewers"]}

        async def looks(*who: str) -> None:
            async with asyncio.timeout(120):
                while await asyncio.to_thread(looking) != set(who):
                    await asyncio.sleep(0.02)

        async with Client(desk.base, ada) as first, Client(desk.base, ada) as second:
            # A second tab is no second person, and closing one is no leaving.
            for client in (first, second):
                await client.subscribe(stream)
            await looks(ada.id)
            await first.unsubscribe(stream)
            await pong(first, 1)
            await looks(ada.id)
            await second.unsubscribe(stream)
            await looks()
            await second.subscribe(stream)
            await looks(ada.id)
            await second.drop()
            await looks()
            places = "SELECT participant_id FROM campfire_presence WHERE place = ?"
            assert Truth(database_url).query(places, conversation) == []


async def test_nobody_is_said_to_have_left_who_is_there_in_another_process(
    database_url: str,
) -> None:
    quiet = {"presence_beat": NEVER, "presence_life": 2 * NEVER}
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(serving(database_url, **quiet))
        two = await stack.enter_async_context(serving(database_url, **quiet))
        desk = Desk(one.base)
        there = Desk(two.base, desk.organization)
        visitor, bob = desk.visitor(), desk.agent("bob")
        conversation, other = (visitor.begin(body)["id"] for body in ("one", "another"))
        stream = f"conversation:{conversation}"
        watching = await stack.enter_async_context(Client(one.base, bob))
        for id in (conversation, other):
            await watching.subscribe(f"notes:{id}")

        async def tab(person: Person, *streams: str) -> Client:
            client = await stack.enter_async_context(Client(person.base, person))
            for name in streams:
                await client.subscribe(name)
            return client

        ada = desk.agent("ada")
        here = await tab(ada, stream, f"conversation:{other}")
        away = await tab(there.agent("ada"), stream)
        rows = "SELECT node_id FROM campfire_presence WHERE place = ?"
        await until(lambda: len(Truth(database_url).query(rows, conversation)) == 2)

        def left(id: str) -> list[Any]:
            return [
                frame
                for frame in watching.frames
                if frame["type"] == "presence"
                and frame.get("conversation_id") == id
                and frame.get("viewing") is False
            ]

        await here.unsubscribe(stream)
        # Told by the same hand, and later: by then the first would have been told.
        await here.unsubscribe(f"conversation:{other}")
        await watching.until(lambda: bool(left(other)), "the leaving of another conversation")
        assert left(conversation) == []
        await away.unsubscribe(stream)
        await watching.until(lambda: bool(left(conversation)), "the leaving of the last tab")
        assert left(conversation)[0]["participant"]["id"] == ada.id


async def test_nobody_is_said_to_have_left_who_came_back_meanwhile(
    sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arrival is told at once: a departure that is still being written must not come after."""
    monkeypatch.setattr(beats, "LINGER", 0.0)
    async with (
        serving(sqlite_database_url, presence_beat=NEVER, presence_life=2 * NEVER) as site,
        AsyncExitStack() as stack,
    ):
        presence = site.campfire._running.services[PresenceService]
        original = presence.at
        asked, answer = threading.Event(), threading.Event()

        async def slowly(*arguments: Any) -> Any:
            found = await original(*arguments)
            asked.set()
            await asyncio.to_thread(answer.wait)
            return found

        desk = Desk(site.base)
        visitor, ada, bob = desk.visitor(), desk.agent("ada"), desk.agent("bob")
        conversation, other = (visitor.begin(body)["id"] for body in ("one", "another"))
        names = [f"conversation:{id}" for id in (conversation, other)]
        watching = await stack.enter_async_context(Client(site.base, bob))
        for id in (conversation, other):
            await watching.subscribe(f"notes:{id}")
        client = await stack.enter_async_context(Client(site.base, ada))
        for name in names:
            await client.subscribe(name)
        stack.callback(answer.set)
        monkeypatch.setattr(presence, "at", slowly)
        await client.unsubscribe(names[0])
        await asyncio.to_thread(asked.wait)
        since = len(watching.frames)
        await client.subscribe(names[0])
        await watching.until_frame(
            "presence", since=since, conversation_id=conversation, viewing=True
        )
        # Written by the same hand, and later.
        await client.unsubscribe(names[1])
        answer.set()
        await watching.until_frame("presence", since=since, conversation_id=other, viewing=False)
        told = [frame for frame in watching.frames if frame.get("conversation_id") == conversation]
        assert told[-1]["viewing"] is True
