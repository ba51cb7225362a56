"""Whoever is not (yet) known to belong to an audience is told nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from campfire_chat import Campfire
from tests.conftest import QUICK
from tests.support.host import campfire_for, host_app
from tests.support.lanes import kept_busy
from tests.support.people import Desk
from tests.support.servers import ThreadServer
from tests.support.store import Store
from tests.support.talk import until

pytestmark = pytest.mark.anyio

Connect = Any


@pytest.fixture
def running(database_url: str) -> Iterator[tuple[Campfire, Desk]]:
    """A server of the test's own, so that its lanes may be held."""
    campfire = campfire_for(database_url, **{**QUICK, "presence_beat": 20.0})
    with ThreadServer(host_app(campfire)) as server:
        yield campfire, Desk(f"{server.url}/support")


@pytest.mark.usefixtures("patient_storage")
async def test_a_refused_subscriber_has_heard_nothing(
    running: tuple[Campfire, Desk], connect: Connect
) -> None:
    """Neither while the database is asked, however long that takes, nor afterwards."""
    campfire, desk = running
    visitor, agent, stranger = desk.visitor(), desk.agent(), desk.visitor()
    id = visitor.begin()["id"]
    conversation = f"conversation:{id}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(conversation)
    await his.subscribe(conversation)
    prying = [await connect(stranger) for _ in range(3)]
    names = (conversation, f"notes:{id}", f"inbox:{desk.organization}")
    with kept_busy(Store.of(campfire).storage.readers):
        for n, spy in enumerate(prying):
            await spy.send({"type": "subscribe", "id": f"s{n}", "stream": names[n]})
        hub = campfire._running.hub
        places = hub._channels[desk.organization, conversation].subscriptions
        await until(lambda: len(places) == 3)
        # What is told at once to those who belong there: typing, receipts, a message.
        for n in range(3):
            await hers.send({"type": "typing", "conversation_id": id, "active": True})
            await his.until_frame("typing", active=True)
            await hers.send({"type": "typing", "conversation_id": id, "active": False})
            reply = await his.say(id, f"{n}")
            assert reply["type"] == "ok"
            await hers.until_seq(conversation, reply["seq"])
            marks = {"delivered": reply["seq"], "read": reply["seq"]}
            await hers.request({"type": "receipt", "conversation_id": id, **marks})
            await his.until_frame("receipt", read=reply["seq"])
    for spy in prying:
        await spy.until_frame("error", code="not_found")
    # And once more, now that they have been refused.
    await hers.send({"type": "typing", "conversation_id": id, "active": True})
    seen = len(his.frames)
    reply = await his.say(id, "Still there?")
    await hers.request({"type": "receipt", "conversation_id": id, "read": reply["seq"]})
    await his.until_frame("receipt", since=seen, read=reply["seq"])
    for spy in prying:
        await spy.send({"type": "ping", "n": 1})
        await spy.until_frame("pong", n=1)
        told = {frame["type"] for frame in spy.frames} - {"welcome", "error", "pong", "presence"}
        assert not told
        # Of the team as a whole, and of nobody in it.
        present = [frame for frame in spy.frames if frame["type"] == "presence"]
        assert {frame["participant"]["id"] for frame in present} <= {"team"}
    assert len(hub._channels[desk.organization, conversation].subscriptions) == 2


async def test_a_long_poll_that_was_refused_has_no_place_in_the_stream(
    running: tuple[Campfire, Desk],
) -> None:
    campfire, desk = running
    visitor, stranger = desk.visitor(), desk.visitor()
    id = visitor.begin()["id"]
    for name in (f"conversation:{id}", f"notes:{id}", f"inbox:{desk.organization}"):
        stranger.get(f"/streams/{name}/events", 404, after=1, wait=20)
        assert (desk.organization, name) not in campfire._running.hub._channels
