"""Several processes on one database: what the bus is there for, and what happens without it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest

from campfire_chat import Campfire
from campfire_chat.ledger.storage import Storage
from tests.buses.conftest import PATIENCE, until
from tests.conftest import QUICK
from tests.support.buses import redis_server
from tests.support.client import Client
from tests.support.host import DATABASE_URL, OPTIONS, campfire_for, host_app
from tests.support.people import Desk, fresh_organization
from tests.support.servers import ProcessServer, ThreadServer, process_server
from tests.support.truth import Truth

pytestmark = pytest.mark.anyio

QUICKER: dict[str, Any] = {**QUICK, "presence_beat": 0.4}

#: The look at the heads comes so seldom that only the bus can have brought what is seen.
RARELY = 60.0


def readiness(base: str) -> dict[str, Any]:
    return Desk(base).nobody().get("/health/ready")


async def until_ready_says(base: str, wanted: Callable[[dict[str, Any]], Any], what: str) -> None:
    """Wait for something in the body of ``/health/ready``."""
    last: dict[str, Any] = {}

    async def look() -> None:
        while True:
            last.clear()
            last.update(await asyncio.to_thread(readiness, base))
            if wanted(last):
                return
            await asyncio.sleep(0.1)

    try:
        await asyncio.wait_for(look(), PATIENCE)
    except TimeoutError:
        raise AssertionError(f"never ready with {what}: {last}") from None


async def meet_and_talk(one: str, two: str) -> None:
    """A visitor at one process and an agent at another: everything crosses, and at once."""
    desk = Desk(one)
    there = Desk(two, desk.organization)
    visitor, agent = desk.visitor(name="Mia"), there.agent()
    conversation = visitor.begin("0")["id"]
    stream = f"conversation:{conversation}"
    async with Client(desk.base, visitor) as hers, Client(there.base, agent) as his:
        await hers.subscribe(stream)
        await his.subscribe(stream)
        await his.subscribe(f"notes:{conversation}")
        # All of it comes by the bus: the look at the heads is a minute away.
        for n in range(10):
            await hers.say(conversation, f"a{n}")
            await his.say(conversation, f"b{n}")
        for client in (hers, his):
            # The question, what was said, and that the agent got the conversation with an answer.
            view = await client.until_seq(stream, 22)
            said = [event for event in view.applied if event["event"] == "message.created"]
            assert len({event["data"]["id"] for event in said}) == 21
            [taken] = [event for event in view.applied if event not in said]
            assert taken["event"] == "conversation.assignee_changed"
            assert taken["data"]["assignee"]["id"] == agent.id
        typing = {"type": "typing", "conversation_id": conversation, "active": True}
        await hers.send(typing)
        assert (await his.until_frame("typing", active=True))["participant"]["name"] == "Mia"
        await his.send(typing)
        await hers.until_frame("typing", active=True)
        await his.send({"type": "receipt", "conversation_id": conversation, "read": 21})
        await hers.until_frame("receipt", read=21)
        colleague = desk.agent()
        async with Client(desk.base, colleague) as third:
            await third.subscribe(stream)
            await third.subscribe(f"notes:{conversation}")
            await his.until_frame("presence", conversation_id=conversation)


async def test_who_may_see_less_is_told_in_every_process(database_url: str) -> None:
    options = {"poll_interval": RARELY, "reauthenticate": 600.0}
    with (
        process_server(database_url, **options) as one,
        process_server(database_url, **options) as two,
    ):
        desk = Desk(f"{one.url}/support")
        there = Desk(f"{two.url}/support", desk.organization)
        conversation = desk.visitor().begin()["id"]
        stream = f"conversation:{conversation}"
        person = there.agent(email="labels:beta")
        async with Client(there.base, person) as client:
            await client.subscribe(stream)
            boss = desk.agent(role="admin")
            boss.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
            assert (await client.until_frame("reset", stream=stream))["reason"] == "access"


async def test_the_right_to_see_is_checked_also_without_a_bus(database_url: str) -> None:
    options = {"poll_interval": RARELY, "bus_url": "memory://", "reauthenticate": 1.0}
    with (
        process_server(database_url, **options) as one,
        process_server(database_url, **options) as two,
    ):
        desk = Desk(f"{one.url}/support")
        there = Desk(f"{two.url}/support", desk.organization)
        conversation = desk.visitor().begin()["id"]
        stream = f"conversation:{conversation}"
        person = there.agent(email="labels:beta")
        async with Client(there.base, person) as client:
            await client.subscribe(stream)
            boss = desk.agent(role="admin")
            boss.patch(f"/conversations/{conversation}", {"access_labels": ["vip"]})
            assert (await client.until_frame("reset", stream=stream))["reason"] == "access"


async def test_everything_crosses_without_any_configuration(database_url: str, engine: str) -> None:
    options = {"poll_interval": RARELY, "presence_beat": 5.0}
    with (
        process_server(database_url, **options) as one,
        process_server(database_url, **options) as two,
    ):
        await meet_and_talk(f"{one.url}/support", f"{two.url}/support")
        for server in (one, two):
            assert readiness(f"{server.url}/support") == {
                "status": "ok",
                "bus": "ok",
                "warnings": [],
            }
        kinds = Truth(database_url).query("SELECT bus FROM campfire_nodes")
        assert [tuple(row) for row in kinds] == [(engine,), (engine,)]
        two.terminate()
        assert len(Truth(database_url).query("SELECT bus FROM campfire_nodes")) == 1


async def test_two_desks_on_one_server_do_not_hear_each_other(redis: str, tmp_path: Path) -> None:
    """The channel is the database's: every database has an epoch of its own."""
    async with AsyncExitStack() as stack:
        desks: list[Campfire] = []
        for name in ("one.db", "one.db", "two.db"):
            desk = campfire_for(
                f"sqlite:///{tmp_path / name}", bus_url=redis, drain_on_signal=False
            )
            await stack.enter_async_context(desk.lifespan())
            desks.append(desk)
        buses = [desk._running.bus for desk in desks if desk._running is not None]
        await until(lambda: buses[0]._heard_of and buses[1]._heard_of, "a desk hears itself")
        await asyncio.sleep(1.2)
        assert [len(bus._heard_of) for bus in buses] == [1, 1, 0]


@pytest.mark.parametrize("kind", ["redis", "nats"])
async def test_everything_crosses_over_a_server(
    kind: str, sqlite_database_url: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(kind)
    options = {"poll_interval": RARELY, "bus_url": url, "drain_on_signal": False}
    apps = [host_app(campfire_for(sqlite_database_url, **options)) for _ in range(2)]
    with ThreadServer(apps[0]) as one, ThreadServer(apps[1]) as two:
        await meet_and_talk(f"{one.url}/support", f"{two.url}/support")


async def test_uvicorn_with_four_workers_just_works(sqlite_database_url: str) -> None:
    server = ProcessServer(
        "tests.support.host:from_environment()",
        environment={
            DATABASE_URL: sqlite_database_url,
            OPTIONS: json.dumps({"poll_interval": RARELY}),
        },
        # A worker that a busy machine keeps from answering for five seconds is killed otherwise.
        arguments=("--workers", "4", "--timeout-worker-healthcheck", "120"),
    )
    try:
        server.start()
        base = f"{server.url}/support"
        count = "SELECT count(*) FROM campfire_nodes"
        truth = Truth(sqlite_database_url)
        await until(lambda: truth.query(count)[0][0] == 4, "four workers")
        desk = Desk(base)
        visitor = desk.visitor()
        conversation = visitor.begin("0")["id"]
        stream = f"conversation:{conversation}"
        clients = [Client(base, desk.agent()) for _ in range(12)]
        for client in clients:
            await client.connect()
            await client.subscribe(stream)
        async with Client(base, visitor) as hers:
            await hers.subscribe(stream)
            for n in range(20):
                await hers.say(conversation, f"{n}")
            await hers.send({"type": "typing", "conversation_id": conversation, "active": True})
            for client in clients:
                await client.until_seq(stream, 21)
                await client.until_frame("typing", active=True)
        for client in clients:
            await client.drop()
        status, _ = server.terminate()
        assert status in (0, -15), server.log
        assert "Traceback" not in server.log, server.log
    finally:
        server.close()


# What is wrong is said.


@pytest.fixture
def sqlite_database_url(sqlite_template: Path, tmp_path: Path) -> str:
    from tests.support.engines import copy_sqlite

    return copy_sqlite(sqlite_template, tmp_path / "campfire.db")


@pytest.fixture
def two(sqlite_database_url: str) -> Iterator[Callable[..., list[str]]]:
    """Starts two servers on one database; the bases of them."""
    with ExitStack() as stack:

        def start(*options: dict[str, Any]) -> list[str]:
            servers = [
                stack.enter_context(
                    ThreadServer(host_app(campfire_for(sqlite_database_url, **QUICKER, **item)))
                )
                for item in options
            ]
            return [f"{server.url}/support" for server in servers]

        yield start


async def test_memory_with_several_processes_is_noticed(
    two: Callable[..., list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    bases = two({"bus_url": "memory://"}, {"bus_url": "memory://"})
    for base in bases:
        await until_ready_says(base, lambda body: body["warnings"], "a warning")
        body = readiness(base)
        assert body["status"] == "ok"
        assert "memory:// does not connect them" in body["warnings"][0]
    await asyncio.sleep(1.0)
    assert caplog.text.count("memory:// does not connect them") == 2, "said once by each"


async def test_different_buses_are_noticed(
    two: Callable[..., list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    bases = two({}, {"bus_url": "memory://"})
    for base in bases:
        await until_ready_says(base, lambda body: body["warnings"], "a warning")
        assert "different buses (memory, sqlite)" in readiness(base)["warnings"][0]
    assert "different buses" in caplog.text


async def test_one_kind_on_two_servers_is_noticed(
    two: Callable[..., list[str]], tmp_path: Path
) -> None:
    bases = two(*({"bus_url": f"sqlite:///{tmp_path / name}-bus"} for name in ("a", "b")))
    for base in bases:
        await until_ready_says(base, lambda body: body["warnings"], "a warning")
        assert "is not received on the bus" in readiness(base)["warnings"][0]


async def test_a_warning_goes_when_its_reason_has_gone(sqlite_database_url: str) -> None:
    options = {**QUICK, "bus_url": "memory://", "presence_beat": 0.3}
    with ThreadServer(host_app(campfire_for(sqlite_database_url, **options))) as one:
        base = f"{one.url}/support"
        with ThreadServer(host_app(campfire_for(sqlite_database_url, **options))):
            await until_ready_says(base, lambda body: body["warnings"], "a warning")
        await until_ready_says(base, lambda body: not body["warnings"], "no warning")


async def test_a_crashed_predecessor_raises_no_alarm(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    truth = Truth(database_url)
    nodes = "SELECT node_id FROM campfire_nodes"
    with process_server(database_url, bus_url="memory://", presence_beat=0.2) as server:
        await until(lambda: bool(truth.query(nodes)), "its row is there")
        server.kill()
    [dead] = truth.query(nodes)
    options = {"bus_url": "memory://", "presence_beat": 0.2, "drain_on_signal": False}
    with caplog.at_level(logging.WARNING, "campfire_chat"):
        async with campfire_for(database_url, **options).lifespan():
            # What it left goes as well.
            await until(lambda: dead not in truth.query(nodes), "its row is gone")
    told = [item for item in caplog.records if item.levelno >= logging.WARNING]
    assert [record.message for record in told] == []
    assert truth.query(nodes) == []


async def test_a_bus_that_is_away_costs_latency_only(database_url: str) -> None:
    """Ready stays ready; what is written meanwhile crosses by the look at the heads."""
    with redis_server() as redis, ExitStack() as stack:
        options = {
            "bus_url": redis.url,
            "poll_interval": RARELY,
            "drain_on_signal": False,
            "heartbeat": RARELY,
        }
        servers = [
            stack.enter_context(ThreadServer(host_app(campfire_for(database_url, **options))))
            for _ in range(2)
        ]
        one, two = (f"{server.url}/support" for server in servers)
        desk = Desk(one)
        visitor, agent = desk.visitor(), Desk(two, desk.organization).agent()
        conversation = visitor.begin("0")["id"]
        stream = f"conversation:{conversation}"
        async with Client(one, visitor) as hers, Client(two, agent) as his:
            await hers.subscribe(stream)
            await his.subscribe(stream)
            await asyncio.to_thread(redis.kill)
            for base in (one, two):
                await until_ready_says(base, lambda body: body["bus"] == "ill", "an ill bus")
                assert "the bus (redis) is ill" in readiness(base)["warnings"][0]
            # The look that was due with a bus that was well may still be under way.
            await hers.say(conversation, "first")
            # With a bus that is well the next look would be a minute away; a heartbeat, too.
            for n in range(12):
                reply = await hers.say(conversation, f"{n}")
                await his.until_seq(stream, reply["seq"])
            await asyncio.to_thread(redis.start)
            for base in (one, two):
                await until_ready_says(base, lambda body: body["bus"] == "ok", "a bus again")
            reply = await hers.say(conversation, "after")
            await his.until_seq(stream, reply["seq"])


async def test_a_desk_starts_without_its_bus(sqlite_database_url: str) -> None:
    with redis_server() as redis:
        url = redis.url
    campfire = campfire_for(sqlite_database_url, bus_url=url, drain_on_signal=False)
    with ThreadServer(host_app(campfire)) as server:
        body = readiness(f"{server.url}/support")
        assert (body["status"], body["bus"]) == ("ok", "ill")


# The look at the heads.


async def test_a_look_costs_what_has_changed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    original = Storage.stream_heads

    async def spy(self: Storage, organization: str, names: Any) -> dict[str, int]:
        asked.append(list(names))
        return await original(self, organization, names)

    monkeypatch.setattr(Storage, "stream_heads", spy)
    monkeypatch.setattr("campfire_chat.realtime.head_poller.FULL_LOOK", 1_000.0)
    options = {"bus_url": "memory://", "poll_interval": 0.1, "drain_on_signal": False}
    apps = [campfire_for(database_url, **options) for _ in range(2)]
    with ThreadServer(host_app(apps[0])) as one, ThreadServer(host_app(apps[1])) as two:
        desk = Desk(f"{one.url}/support")
        there = Desk(f"{two.url}/support", desk.organization)
        visitor, agent = desk.visitor(), there.agent()
        conversations = [visitor.begin(f"{n}")["id"] for n in range(6)]
        async with Client(there.base, agent) as his:
            for conversation in conversations:
                await his.subscribe(f"conversation:{conversation}")
            await until(lambda: asked, "the first look at an organisation is at everything")
            await asyncio.sleep(0.5)
            asked.clear()
            await asyncio.sleep(1.0)
            assert not asked, "nothing has changed"
            visitor.write(conversations[2], "news")
            view = await his.until_seq(f"conversation:{conversations[2]}", 2)
            assert view.last == 2
            assert asked == [[f"conversation:{conversations[2]}"]]


async def test_a_look_reads_everything_after_a_burst(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More changes than one page of the inbox tells: every stream is looked at."""
    monkeypatch.setattr("campfire_chat.realtime.head_poller.FULL_LOOK", 1_000.0)
    monkeypatch.setattr("campfire_chat.ledger.event_log.PAGE_CHARACTERS", 900)
    options = {"bus_url": "memory://", "poll_interval": 0.5, "drain_on_signal": False}
    apps = [campfire_for(database_url, **options) for _ in range(2)]
    with ThreadServer(host_app(apps[0])) as one, ThreadServer(host_app(apps[1])) as two:
        desk = Desk(f"{one.url}/support")
        there = Desk(f"{two.url}/support", desk.organization)
        visitor, agent = desk.visitor(), there.agent()
        conversations = [visitor.begin(f"{n}")["id"] for n in range(3)]
        async with Client(there.base, agent) as his:
            for conversation in conversations:
                await his.subscribe(f"conversation:{conversation}")
            # The first look at an organisation is at everything in it anyway.
            await asyncio.sleep(1.0)
            async with Client(desk.base, visitor) as hers:
                for n in range(10):
                    await hers.say(conversations[0], f"more {n}")
                for conversation in conversations[1:]:
                    await hers.say(conversation, "more")
            for conversation, last in zip(conversations, (11, 2, 2), strict=True):
                await his.until_seq(f"conversation:{conversation}", last)


async def test_many_organizations_are_looked_at_together(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campfire_chat.realtime.head_poller.HEADS_PER_QUERY", 2)
    options = {"bus_url": "memory://", "poll_interval": 0.1, "drain_on_signal": False}
    apps = [campfire_for(database_url, **options) for _ in range(2)]
    with ThreadServer(host_app(apps[0])) as one, ThreadServer(host_app(apps[1])) as two:
        desks = [Desk(f"{one.url}/support") for _ in range(5)]
        people = [
            (desk.visitor(), Desk(f"{two.url}/support", desk.organization).agent())
            for desk in desks
        ]
        async with AsyncExitStack() as stack:
            for n, (visitor, agent) in enumerate(people):
                conversation = visitor.begin("0")["id"]
                his = await stack.enter_async_context(Client(agent.base, agent))
                await his.subscribe(f"conversation:{conversation}")
                visitor.write(conversation, f"{n}")
                await his.until_seq(f"conversation:{conversation}", 2)


#: What a newer version may write into an inbox, and what nobody should.
STRANGE = {
    "unknown-type": {"event": "tag.updated", "data": {"id": "tag_1"}},
    "unknown-without-id": {"event": "organization.updated", "data": {"name": "Acme"}},
    "unknown-without-data": {"event": "agents.counted"},
    "known-without-id": {"event": "conversation.updated", "data": {"subject": "x"}},
    "id-of-another-type": {"event": "conversation.updated", "data": {"id": 5}},
    "data-of-another-type": {"event": "conversation.updated", "data": [1]},
    "no-object": [],
}


@pytest.mark.parametrize("payload", STRANGE.values(), ids=STRANGE)
async def test_a_strange_event_in_an_inbox_stops_no_look(
    database_url: str, payload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at the other organisations nor at the other streams of its own."""
    monkeypatch.setattr("campfire_chat.realtime.head_poller.FULL_LOOK", 1_000.0)
    options = {"bus_url": "memory://", "poll_interval": 0.05, "drain_on_signal": False}
    apps = [campfire_for(database_url, **options) for _ in range(2)]
    with ThreadServer(host_app(apps[0])) as one, ThreadServer(host_app(apps[1])) as two:
        # They are looked at in the order of their names.
        names = sorted(fresh_organization() for _ in range(2))
        desks = [Desk(f"{one.url}/support", name) for name in names]
        people = [
            (desk.visitor(), Desk(f"{two.url}/support", desk.organization).agent())
            for desk in desks
        ]
        async with AsyncExitStack() as stack:
            talks: list[tuple[Any, str, Client]] = []
            for visitor, agent in people:
                conversation = visitor.begin("1")["id"]
                his = await stack.enter_async_context(Client(agent.base, agent))
                await his.subscribe(f"conversation:{conversation}")
                # By then the first look, which is at everything, has been.
                for seq in (2, 3):
                    visitor.write(conversation, f"{seq}")
                    await his.until_seq(f"conversation:{conversation}", seq)
                talks.append((visitor, conversation, his))
            inbox = f"inbox:{names[0]}"
            truth = Truth(database_url)
            seq = truth.heads(names[0])[inbox] + 1
            truth.write(
                "INSERT INTO campfire_events (org_id, stream, seq, event, at, payload) "
                "VALUES (?, ?, ?, 'strange', 1, ?)",
                *(names[0], inbox, seq, json.dumps(payload)),
            )
            truth.write(
                "UPDATE campfire_streams SET head = ? WHERE org_id = ? AND stream = ?",
                *(seq, names[0], inbox),
            )
            for visitor, conversation, his in reversed(talks):
                for seq in (4, 5):
                    visitor.write(conversation, f"{seq}")
                    await his.until_seq(f"conversation:{conversation}", seq)


# Keys.


async def test_different_keys_on_one_database_are_said(
    empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    options = {**QUICK, "presence_beat": 0.3}
    keys = "the key of one process, 0123", "the key of another one, 0123"
    hosts = [host_app(campfire_for(empty_database_url, secret_key=key, **options)) for key in keys]
    with ThreadServer(hosts[0]) as one:
        base = f"{one.url}/support"
        assert readiness(base)["warnings"] == []
        with ThreadServer(hosts[1]) as two:
            assert "not one that was used on this database before" in caplog.text
            for each in (base, f"{two.url}/support"):
                await until_ready_says(each, lambda body: body["warnings"], "a warning")
                assert "different secret_key" in readiness(each)["warnings"][0]
            assert not any(key in caplog.text for key in keys)
        await until_ready_says(base, lambda body: not body["warnings"], "no warning")
    caplog.clear()
    # Whoever starts with the key that was there last hears nothing of it.
    again = host_app(campfire_for(empty_database_url, secret_key=keys[1], **options))
    with caplog.at_level(logging.WARNING), ThreadServer(again):
        assert caplog.text == ""


async def test_keys_are_rotated_without_a_word(
    empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The oldest processes and the newest have no key in common, and never run together."""
    old, new = "the old key, 0123456789", "the new key, 0123456789"
    options = {**QUICK, "presence_beat": 0.3}
    with ExitStack() as stack:
        before = stack.enter_context(ExitStack())
        for keys in (old, [new, old], [old], new):
            app = host_app(campfire_for(empty_database_url, secret_key=keys, **options))
            if keys == new:
                # The processes with the old key alone have ended; one with both starts again.
                before.close()
                both = campfire_for(empty_database_url, secret_key=[new, old], **options)
                before.enter_context(ThreadServer(host_app(both)))
            server = before.enter_context(ThreadServer(app))
            base = f"{server.url}/support"
            # Two looks at the others have been.
            beats = Truth(empty_database_url).beats()
            await until(
                lambda beats=beats: all(
                    at > beats[node]
                    for node, at in Truth(empty_database_url).beats().items()
                    if node in beats
                ),
                "a round",
            )
            assert readiness(base)["warnings"] == []
    assert "secret_key" not in caplog.text


async def test_the_database_does_not_hold_the_key(tmp_path: Path) -> None:
    key = "a key that is nowhere to be found"
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    async with campfire_for(url, secret_key=key).lifespan():
        pass
    [[value]] = Truth(url).query(
        "SELECT value FROM campfire_settings WHERE key LIKE 'secret_key_checks%'"
    )
    # That of the process itself has gone with it.
    assert len(json.loads(value)) == 1
    assert "nowhere" not in value
