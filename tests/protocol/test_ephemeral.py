"""typing, presence, ping: shown to whoever is connected, never stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from campfire_chat.features.presence import beats, typing
from campfire_chat.settings import Settings
from tests.conftest import QUICK
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer
from tests.support.talk import until
from tests.webhooks.conftest import Watch

pytestmark = [pytest.mark.anyio, pytest.mark.one_engine]

Connect = Any


async def test_ping_pong(desk: Desk, connect: Connect) -> None:
    client = await connect(desk.visitor())
    for n in (1, 7):
        await client.send({"type": "ping", "n": n})
        await client.until_frame("pong", n=n)


async def test_typing_shows_to_the_others_and_goes_by_itself(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(name="Mia"), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(stream)
    await his.subscribe(stream)
    frame = {"type": "typing", "conversation_id": conversation["id"], "active": True}
    await hers.send(frame)
    shown = await his.until_frame("typing", active=True)
    assert shown["participant"]["name"] == "Mia"
    assert shown["participant"]["kind"] == "visitor"
    # By itself; after how long, says tests/realtime/test_typing.py.
    await his.until_frame("typing", active=False)
    assert not [sent for sent in hers.frames if sent["type"] == "typing"]


async def test_typing_ends_when_said_so_and_with_the_message(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(stream)
    await his.subscribe(stream)
    frame = {"type": "typing", "conversation_id": conversation["id"], "active": True}
    await his.send(frame)
    await hers.until_frame("typing", active=True)
    await his.send({**frame, "active": False})
    await hers.until_frame("typing", active=False)
    seen = len(hers.frames)
    await his.send(frame)
    await hers.until_frame("typing", since=seen, active=True)
    await his.say(conversation["id"], "Done typing")
    await hers.until_frame("typing", since=seen, active=False)


async def test_typing_ends_with_the_connection(
    desk: Desk, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by itself, however long that takes.
    monkeypatch.setattr(typing, "LIFE", 600.0)
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    hers, his = await connect(visitor), await connect(agent)
    await hers.subscribe(stream)
    await his.subscribe(stream)
    await his.send({"type": "typing", "conversation_id": conversation["id"], "active": True})
    await hers.until_frame("typing", active=True)
    await his.drop()
    await hers.until_frame("typing", active=False)


async def test_who_else_is_looking(desk: Desk, connect: Connect) -> None:
    visitor, ada, bob = desk.visitor(), desk.agent(name="Ada"), desk.agent(name="Bob")
    conversation = visitor.begin()
    stream, notes = f"conversation:{conversation['id']}", f"notes:{conversation['id']}"
    first = await connect(ada)
    await first.subscribe(stream)
    await first.subscribe(notes)
    second = await connect(bob)
    await second.subscribe(stream)
    came = await first.until_frame("presence", viewing=True, conversation_id=conversation["id"])
    assert came["participant"]["name"] in ("Ada", "Bob")
    await first.until(
        lambda: any(
            frame["type"] == "presence" and frame["participant"]["name"] == "Bob"
            for frame in first.frames
        ),
        "Bob's arrival",
    )

    def viewers() -> set[str]:
        path = f"/conversations/{conversation['id']}"
        return {viewer["name"] for viewer in ada.get(path)["viewers"]}

    await until(lambda: viewers() == {"Ada", "Bob"})
    await second.drop()
    gone = await first.until_frame("presence", viewing=False)
    assert gone["participant"]["name"] == "Bob"
    await until(lambda: viewers() == {"Ada"})
    assert "viewers" not in visitor.get(f"/conversations/{conversation['id']}")


async def test_an_agents_availability_reaches_colleagues_and_the_visitor(
    database_url: str, connect: Connect
) -> None:
    watch = Watch()
    campfire = campfire_for(database_url, clock=watch, **QUICK)
    with ThreadServer(host_app(campfire)) as server:
        await availability(Desk(f"{server.url}/support"), connect, watch)


async def availability(desk: Desk, connect: Connect, watch: Watch) -> None:
    visitor, ada, bob = desk.visitor(), desk.agent("ada", name="Ada"), desk.agent("bob")
    conversation = visitor.begin()
    his = await connect(ada)
    ada.patch(f"/conversations/{conversation['id']}", {"assignee_id": ada.id})
    hers, colleague = await connect(visitor), await connect(bob)
    await hers.subscribe(f"conversation:{conversation['id']}")
    await colleague.subscribe(f"inbox:{desk.organization}")
    seen_by_visitor, seen_by_colleague = len(hers.frames), len(colleague.frames)
    ada.put(f"/agents/{ada.id}/availability", {"availability": "busy"})
    told = await hers.until_frame("presence", since=seen_by_visitor, availability="busy")
    assert told["participant"]["id"] == ada.id
    assert told["conversation_id"] == conversation["id"]
    await colleague.until_frame("presence", since=seen_by_colleague, availability="busy")
    assert visitor.get(f"/conversations/{conversation['id']}")["assignee_availability"] == "busy"
    # A lost connection is not a message: it is noticed, presence_life after the last beat. Those
    # who are still there beat by the new time.
    await his.drop()
    seen_by_visitor = len(hers.frames)
    watch.forward(2 * Settings().presence_life)
    await hers.until_frame("presence", since=seen_by_visitor, availability="offline")
    assert bob.get(f"/agents/{ada.id}/availability") == {"availability": "offline"}


#: Nobody beats or dies in a test: only a close can have told.
STILL = {"presence_beat": 1200.0, "presence_life": 3600.0}


def told_offline(client: Any, kind: str, id: str) -> bool:
    """Whether a client was told that a participant is offline."""
    return any(
        frame["type"] == "presence"
        and frame.get("availability") == "offline"
        and (frame["participant"]["kind"], frame["participant"]["id"]) == (kind, id)
        for frame in client.frames
    )


@pytest.fixture
def still_desk(database_url: str) -> Iterator[Desk]:
    with ThreadServer(host_app(campfire_for(database_url, **STILL))) as server:
        yield Desk(f"{server.url}/support", "default")


async def test_who_closes_the_last_tab_is_gone_at_once(still_desk: Desk, connect: Connect) -> None:
    desk = still_desk
    visitor, ada, bob = desk.visitor(), desk.agent("ada"), desk.agent("bob")
    conversation = visitor.begin()
    path = f"/conversations/{conversation['id']}"
    ada.patch(path, {"assignee_id": ada.id})
    tabs = [await connect(ada), await connect(ada)]
    hers, colleague = await connect(visitor), await connect(bob)
    await hers.subscribe(f"conversation:{conversation['id']}")
    await colleague.subscribe(f"inbox:{desk.organization}")
    for tab in tabs:
        assert not told_offline(colleague, "agent", ada.id)
        assert bob.get(f"/agents/{ada.id}/availability") == {"availability": "online"}
        await tab.close()
    await until(lambda: told_offline(colleague, "agent", ada.id))
    await until(lambda: told_offline(hers, "agent", ada.id))
    assert bob.get(f"/agents/{ada.id}/availability") == {"availability": "offline"}
    assert visitor.get(path)["assignee_availability"] == "offline"
    assert not told_offline(hers, "system", "team")
    await colleague.close()
    await until(lambda: told_offline(hers, "system", "team"))
    # And so it is with visitors.
    assert ada.get(path)["contact_present"] is True
    await hers.close()
    await until(lambda: ada.get(path)["contact_present"] is False)


async def test_a_reload_is_not_a_departure(
    still_desk: Desk, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = still_desk.agent("ada"), still_desk.agent("bob")
    colleague = await connect(bob)
    await colleague.subscribe(f"inbox:{still_desk.organization}")
    page = await connect(ada)
    monkeypatch.setattr(beats, "RETURN", 3600.0)
    await page.close()
    again = await connect(ada)
    assert bob.get(f"/agents/{ada.id}/availability") == {"availability": "online"}
    assert not told_offline(colleague, "agent", ada.id)
    monkeypatch.setattr(beats, "RETURN", 0.0)
    await again.close()
    await until(lambda: told_offline(colleague, "agent", ada.id))


async def test_a_lost_connection_is_not_a_close(still_desk: Desk, connect: Connect) -> None:
    ada, bob = still_desk.agent("ada"), still_desk.agent("bob")
    lost, closed = await connect(ada), await connect(bob)
    await lost.drop()
    await closed.close()
    await until(lambda: ada.get(f"/agents/{bob.id}/availability") == {"availability": "offline"})
    assert ada.get(f"/agents/{ada.id}/availability") == {"availability": "online"}


async def test_agents_see_the_visitor_come_and_go(desk: Desk, connect: Connect) -> None:
    visitor, agent = desk.visitor(), desk.agent()
    conversation = visitor.begin()
    stream = f"conversation:{conversation['id']}"
    his = await connect(agent)
    await his.subscribe(stream)
    hers = await connect(visitor)
    await hers.subscribe(stream)
    here = await his.until_frame("presence", conversation_id=conversation["id"])
    assert here["participant"]["kind"] == "visitor"
    assert here["availability"] == "online"
    await hers.drop()
    await his.until_frame("presence", availability="offline")
    told = [frame for frame in hers.frames if frame["type"] == "presence"]
    # Of the team as a whole, and of nobody in it.
    assert {frame["participant"]["id"] for frame in told} <= {"team"}


async def test_a_token_gets_the_teams_availability(desk: Desk, connect: Connect) -> None:
    agent = desk.agent("ada")
    someone = desk.session_visitor()
    assert someone.post("/visitors", {})["availability"] == "offline"
    await connect(agent)
    agent.put(f"/agents/{agent.id}/availability", {"availability": "online"})
    assert someone.post("/visitors", {})["availability"] == "online"
    agent.put(f"/agents/{agent.id}/availability", {"availability": "busy"})
    assert someone.post("/visitors", {})["availability"] == "away"
