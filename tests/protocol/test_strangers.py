"""Strangers who do as much as they can cannot keep the agents, or other visitors, from writing."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from campfire_chat import Campfire, Limits
from campfire_chat.access.admission import BEING_WRITTEN, NETWORK_SHARE
from campfire_chat.ledger import write_queue
from tests.conftest import QUICK
from tests.protocol.test_limits import ELSEWHERE, Behind, roomy
from tests.support.client import Client, Closed
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.lanes import kept_busy
from tests.support.people import Desk
from tests.support.servers import ThreadServer
from tests.support.store import Store

pytestmark = pytest.mark.anyio

RELAXED = {**QUICK, "presence_beat": 20.0}


class Running:
    def __init__(self, campfire: Campfire, desk: Desk, path: Path) -> None:
        self.campfire = campfire
        self.desk = desk
        self.path = path

    @property
    def queue(self) -> Any:
        return Store.of(self.campfire).storage._ledger._queue


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path) -> Any:
    """Servers whose queue and limits are the test's own."""

    @asynccontextmanager
    async def serve(**options: Any) -> AsyncIterator[Running]:
        path = tmp_path / "strangers.db"
        campfire = campfire_for(copy_sqlite(sqlite_template, path), **{**RELAXED, **options})
        with ThreadServer(host_app(campfire)) as server:
            yield Running(campfire, Desk(f"{server.url}/support"), path)

    return serve


async def flood(client: Client, frames: Any, done: asyncio.Event) -> None:
    """Send frames as fast as the server takes them."""
    try:
        for frame in frames:
            if done.is_set():
                return
            await client.send(frame)
            # The flood shares a processor with the server that it is meant for.
            await asyncio.sleep(0.001)
    except Closed:
        return


@pytest.mark.parametrize("kind", ["receipt", "message.send", "typing", "subscribe"])
async def test_frames_about_invented_conversations_never_reach_the_queue(
    serve: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten strangers at one address with two sockets each; the agent does not notice them."""
    async with serve(limits=Limits(), write_queue=100) as running, AsyncExitStack() as stack:
        desk, done = running.desk, asyncio.Event()
        visitor, agent = desk.visitor(), desk.agent()
        conversation = visitor.begin()["id"]
        his = await stack.enter_async_context(Client(desk.base, agent))
        strangers = [Behind(desk.anonymous(), ELSEWHERE) for _ in range(10)]
        sockets = [
            await stack.enter_async_context(Client(desk.base, stranger))
            for stranger in strangers
            for _ in range(2)
        ]

        def frames(number: int) -> Any:
            for n in itertools.count():
                id = f"conv_{number}x{n}"
                yield {
                    "receipt": {"type": kind, "conversation_id": id, "read": 1},
                    "message.send": {
                        "type": kind,
                        "id": f"{number}.{n}",
                        "conversation_id": id,
                        "body": "x",
                    },
                    "typing": {"type": kind, "conversation_id": id, "active": n % 2 == 0},
                    "subscribe": {"type": kind, "id": f"{n}", "stream": f"conversation:{id}"},
                }[kind]

        queued: list[Any] = []
        append = write_queue.WriteQueue.append

        def noted(queue: Any, waiting: Any) -> None:
            queued.append(waiting.operation)
            append(queue, waiting)

        monkeypatch.setattr(write_queue.WriteQueue, "append", noted)
        floods = [
            asyncio.create_task(flood(client, frames(number), done))
            for number, client in enumerate(sockets)
        ]
        await until_errors(sockets, 40)
        replies = [await his.say(conversation, f"{n}") for n in range(20)]
        done.set()
        await asyncio.gather(*floods)
        assert {reply["type"] for reply in replies} == {"ok"}
        # Of the agent there are the messages, at least.
        assert len([one for one in queued if not one.by_visitor]) >= 20
        assert [one for one in queued if one.by_visitor] == []
        codes = {frame["code"] for client in sockets for frame in client.frames if "code" in frame}
        assert codes <= {"not_found", "too_many"}
        assert "not_found" in codes


async def until_errors(clients: list[Client], count: int) -> None:
    async with asyncio.timeout(120):
        while sum(f["type"] == "error" for client in clients for f in client.frames) < count:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("patient_storage")
async def test_visitors_alone_never_fill_the_queue(serve: Any) -> None:
    """While the database does not answer, visitors get three quarters of the queue; what is left is
    the agents'."""
    async with serve(limits=roomy(), write_queue=400) as running, AsyncExitStack() as stack:
        desk = running.desk
        agent = desk.agent()
        people = [Behind(desk.visitor(), f"198.51.100.{n}") for n in range(1, 25)]
        places = [person.begin()["id"] for person in people]
        clients = [await stack.enter_async_context(Client(desk.base, one)) for one in people]
        his = await stack.enter_async_context(Client(desk.base, agent))
        with kept_busy(Store.of(running.campfire).storage.writer):
            # Two batches are taken on before anything has to wait.
            for n in itertools.count():
                for client, place in zip(clients, places, strict=True):
                    frame = {"type": "message.send", "conversation_id": place, "body": "x"}
                    await client.send({**frame, "id": f"m{n}"})
                await asyncio.sleep(0)
                if running.queue.visitors == 300:
                    break
            replies = await asyncio.gather(
                *(
                    client.say(place, "too many")
                    for client, place in zip(clients, places, strict=True)
                )
            )
            assert {reply["code"] for reply in replies} == {"overloaded"}
            assert running.queue.visitors == 300
            # Visitors who come now are told to come later; agents are let in, and heard.
            late = Client(desk.base, people[0])
            stack.push_async_callback(late.drop)
            await late.open()
            assert (await late.until_close()).code == 1013
            hers = await stack.enter_async_context(Client(desk.base, agent))
            before = len(running.queue)
            answers = [
                asyncio.create_task(client.say(places[0], f"answer {n}"))
                for n, client in enumerate([his, hers] * 10)
            ]
            await until_queued(running, before + len(answers))
        assert {reply["type"] for reply in await asyncio.gather(*answers)} == {"ok"}
        # The visitors' as well, all that were taken on.
        for client, place in zip(clients, places, strict=True):
            while (reply := await client.say(place, "again"))["type"] != "ok":
                await asyncio.sleep(reply["retry_after"])


async def until_queued(running: Running, count: int) -> None:
    async with asyncio.timeout(120):
        while len(running.queue) < count:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("patient_storage")
async def test_one_address_cannot_take_the_queue_from_another(serve: Any) -> None:
    """However many visitors write from it: an eighth of what may be under way, and each of them a
    sixteenth, is all they get while the database does not answer."""
    async with serve(limits=roomy(), write_queue=400) as running, AsyncExitStack() as stack:
        desk = running.desk
        crowd = [Behind(desk.visitor(), ELSEWHERE) for _ in range(6)]
        other = Behind(desk.visitor(), "198.51.100.200")
        places = [person.begin()["id"] for person in (*crowd, other)]
        clients = [
            await stack.enter_async_context(Client(desk.base, one)) for one in (*crowd, other)
        ]
        with kept_busy(Store.of(running.campfire).storage.writer):
            sending = [
                asyncio.create_task(client.say(place, f"{n}"))
                for n in range(60)
                for client, place in zip(clients[:-1], places[:-1], strict=True)
            ]
            refused = [frame for client in clients[:-1] for frame in await until_refused(client)]
            assert {frame["code"] for frame in refused} == {"overloaded"}
            one = asyncio.create_task(clients[-1].say(places[-1], "and me?"))
            await clients[-1].send({"type": "ping", "n": 1})
            await clients[-1].until_frame("pong", n=1)
            assert not any(frame["type"] == "error" for frame in clients[-1].frames)
        assert (await one)["type"] == "ok"
        taken = [reply for reply in await asyncio.gather(*sending) if reply["type"] == "ok"]
        assert len(taken) == (400 + BEING_WRITTEN) // NETWORK_SHARE


async def until_refused(client: Client) -> list[dict[str, Any]]:
    await client.until_frame("error")
    return [frame for frame in client.frames if frame["type"] == "error"]
