"""What every bus has to do on a bad day: notice, say so, and be well again by itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from campfire_chat.realtime import bus as bus_module
from campfire_chat.realtime.bus import Bus
from campfire_chat.realtime.buses.kinds import KINDS
from campfire_chat.realtime.buses.sqlite import path_of
from tests.buses.conftest import Member, frame, meet, talk, until
from tests.support.buses import BusServer, PostgresBus, nats_server, redis_server
from tests.support.chaos import Air
from tests.support.clocks import in_virtual_time
from tests.support.engines import EngineMissing
from tests.support.fault_proxy import FaultProxy
from tests.support.ports import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def cut_handshakes(anyio_backend: str) -> AsyncIterator[None]:
    """asyncpg tells the event loop of every handshake that is cut short; here many are."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "unexpected connection_lost() call" in str(context.get("exception")):
            return
        (before or type(loop).default_exception_handler)(loop, context)

    loop.set_exception_handler(handle)
    yield
    loop.set_exception_handler(before)


Join = Callable[..., Any]

#: Seconds in which a bus has to be well again, once its server is; twice what it is to be, for a
#: machine that does other things.
HEALING = 10.0


@pytest.fixture(params=["redis", "postgresql", "nats"])
def server(request: pytest.FixtureRequest) -> Iterator[BusServer | PostgresBus]:
    """A bus server of the test's own, which may be killed and paused."""
    with ExitStack() as stack:
        try:
            if request.param == "postgresql":
                yield stack.enter_context(closing(PostgresBus(request.getfixturevalue("postgres"))))
            elif request.param == "redis":
                yield stack.enter_context(redis_server(password="a secret"))
            else:
                yield stack.enter_context(nats_server())
        except EngineMissing as missing:
            pytest.skip(str(missing))


def both(members: tuple[Member, Member], *, well: bool) -> Callable[[], bool]:
    return lambda: all(member.bus.well is well for member in members)


async def test_a_server_that_restarts(
    server: BusServer | PostgresBus, channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    members = await join(server.url, "one", channel), await join(server.url, "two", channel)
    await talk(*members, "before")
    for number in range(2):
        await asyncio.to_thread(server.kill)
        await until(both(members, well=False), "the bus is known to be ill", 5)
        # Nothing gathers for a bus that is away.
        for member in members:
            member.bus.announce({("acme", f"conversation:{n}"): 1 for n in range(100)})
            member.bus.send(frame("lost"))
        assert not any(member.bus._heads or member.bus._frames for member in members)
        await asyncio.to_thread(server.start)
        await until(both(members, well=True), "the bus is well again", HEALING)
        await talk(*members, f"after {number}")
    assert not [text for member in members for text in member.texts if text == "lost"]
    assert caplog.text.count("is ill") == 4, "said once for each outage and process"
    assert caplog.text.count("works again") == 4


async def test_a_server_that_does_not_answer(
    server: BusServer | PostgresBus, channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    members = await join(server.url, "one", channel), await join(server.url, "two", channel)
    await talk(*members, "before")
    await asyncio.to_thread(server.pause)
    try:
        await until(lambda: caplog.text.count("is ill") >= 2, "the silence is noticed", HEALING)
    finally:
        await asyncio.to_thread(server.resume)
    await until(both(members, well=True), "the bus is well again", HEALING)
    await talk(*members, "after")


async def test_a_start_does_not_wait_for_a_bus_that_is_away(
    server: BusServer | PostgresBus, channel: str, join: Join
) -> None:
    await asyncio.to_thread(server.kill)
    members = await join(server.url, "one", channel), await join(server.url, "two", channel)
    assert not any(member.bus.well for member in members)
    await asyncio.to_thread(server.start)
    await until(both(members, well=True), "the bus is well", HEALING)
    await talk(*members, "hello")


async def test_a_postgresql_connection_that_is_terminated(
    postgres: str, channel: str, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each heals within moments: they need not be ill at the same time.
    ill: list[Bus] = []
    fall_ill = Bus._fall_ill

    def noted(bus: Bus, reason: str) -> None:
        fall_ill(bus, reason)
        ill.append(bus)

    monkeypatch.setattr(Bus, "_fall_ill", noted)
    with closing(PostgresBus(postgres)) as server:
        members = await join(server.url, "one", channel), await join(server.url, "two", channel)
        assert not ill
        await asyncio.to_thread(server.terminate)
        await until(lambda: all(member.bus in ill for member in members), "it is noticed", HEALING)
        await until(both(members, well=True), "the bus is well again", HEALING)
        await talk(*members, "after")
        assert await asyncio.to_thread(lambda: server.connections) == 4


async def test_a_bus_that_carries_nothing_is_ill(
    channel: str, join: Join, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Connected, without any error, and deaf: only the canary tells."""
    monkeypatch.setattr(bus_module, "CANARY", 0.05)
    air = Air()
    monkeypatch.setitem(KINDS, "air", air.kind)
    members = await join("air://", "one", channel), await join("air://", "two", channel)
    await talk(*members, "before")
    air.mood = "deaf"
    await until(both(members, well=False), "the silence is noticed", 5)
    assert "nothing was received for" in caplog.text
    air.mood = "faithful"
    await until(both(members, well=True), "the bus is well again", 5)
    await talk(*members, "after")
    assert len(air.ears) == 2, "what was given up is closed"


def test_a_quiet_bus_carries_two_canaries_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    air = Air()
    monkeypatch.setitem(KINDS, "air", air.kind)

    async def quiet() -> tuple[int, list[Any]]:
        one = Member("air://", "one")
        await one.bus.start("a channel")
        before = air.passed
        await asyncio.sleep(2.2)
        passed = air.passed - before
        await one.bus.stop()
        return passed, one.wakes

    passed, wakes = in_virtual_time(quiet())
    assert 3 <= passed <= 6
    assert not wakes


async def test_an_event_loop_that_was_held_up_is_no_silence(
    channel: str, join: Join, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bus_module, "CANARY", 0.05)
    air = Air()
    monkeypatch.setitem(KINDS, "air", air.kind)
    one = await join("air://", "one", channel)
    import time

    time.sleep(1.0)
    await asyncio.sleep(0.3)
    assert one.bus.well
    assert "is ill" not in caplog.text


# The side file.


@pytest.fixture
def side_file(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'support.db-bus'}"


async def test_who_is_alone_writes_nothing(side_file: str, channel: str, join: Join) -> None:
    one = await join(side_file, "one", channel)
    one.bus.send(frame("to nobody"))
    assert one.bus._nobody_hears()
    two = await join(side_file, "two", channel)
    await meet(one, two)
    await talk(one, two, "now there is somebody")
    await two.bus.stop()
    await until(one.bus._nobody_hears, "it is alone again")
    with closing(sqlite3.connect(path_of(side_file))) as connection:
        messages = [row[0] for row in connection.execute("SELECT message FROM messages")]
    assert not [message for message in messages if "to nobody" in message]


async def test_who_died_is_forgotten(
    side_file: str, channel: str, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campfire_chat.realtime.buses import sqlite

    monkeypatch.setattr(sqlite, "BEAT", 0.2)
    monkeypatch.setattr(sqlite, "LIFE", 5.0)
    one = await join(side_file, "one", channel)
    with closing(sqlite3.connect(path_of(side_file), isolation_level=None)) as connection:
        row = ("dead", channel, sqlite.time.monotonic())
        connection.execute("INSERT INTO listeners (node, channel, beat) VALUES (?, ?, ?)", row)
        await until(lambda: not one.bus._nobody_hears(), "somebody is there")
        await until(one.bus._nobody_hears, "nobody is there any more")
        count = "SELECT count(*) FROM listeners"
        await until(lambda: connection.execute(count).fetchone()[0] == 1, "the row is gone")


async def test_old_rows_are_deleted(
    side_file: str, channel: str, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campfire_chat.realtime.buses import sqlite

    monkeypatch.setattr(sqlite, "BEAT", 0.2)
    one, two = await join(side_file, "one", channel), await join(side_file, "two", channel)
    await meet(one, two)
    for number in range(200):
        one.bus.send(frame(f"{number}"))
        await asyncio.sleep(0)
    await until(lambda: len(two.texts) == 200, "all are heard")
    with closing(sqlite3.connect(path_of(side_file))) as connection:
        count = "SELECT count(*) FROM messages"
        await until(lambda: connection.execute(count).fetchone()[0] <= 1, "the rows are gone")
    await talk(one, two, "and it goes on")


def _remove(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def _remove_one(path: Path) -> None:
    path.unlink()


def _replace(path: Path) -> None:
    _remove(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (x)")
        connection.commit()


def _garbage(path: Path) -> None:
    _remove(path)
    path.write_bytes(b"this is no database" * 1_000)


def _scribble(path: Path) -> None:
    """Write over the file that is open, as a bad disk does."""
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
    with path.with_name(f"{path.name}-wal").open("r+b") as file:
        file.write(os.urandom(8192))


@pytest.mark.parametrize("harm", [_remove, _remove_one, _replace, _garbage, _scribble])
async def test_a_side_file_that_comes_to_harm(
    harm: Callable[[Path], None], side_file: str, channel: str, join: Join
) -> None:
    members = await join(side_file, "one", channel), await join(side_file, "two", channel)
    await meet(*members)
    await talk(*members, "before")
    harm(path_of(side_file))
    deadline = asyncio.get_running_loop().time() + HEALING
    async with asyncio.timeout_at(deadline):
        await talk(*members, "after")
    await until(both(members, well=True), "it is well", HEALING)
    late = await join(side_file, "three", channel)
    async with asyncio.timeout(HEALING):
        await talk(members[0], late, "a newcomer")


async def test_a_side_file_that_is_locked(
    side_file: str, channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    members = await join(side_file, "one", channel), await join(side_file, "two", channel)
    await meet(*members)
    with closing(sqlite3.connect(path_of(side_file), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for member in members:
            member.bus.send(frame("into the lock"))
        await until(lambda: "database is locked" in caplog.text, "it is noticed", HEALING)
        connection.execute("ROLLBACK")
    await until(both(members, well=True), "it is well again", HEALING)
    async with asyncio.timeout(HEALING):
        await talk(*members, "after")


async def test_a_side_file_on_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk; it holds for a whole process."""
    code = (
        "import asyncio, resource, signal, sys\n"
        "from campfire_chat.realtime.bus import Bus, Ephemeral\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "async def until(condition):\n"
        "    async with asyncio.timeout(60):\n"
        "        while not condition(): await asyncio.sleep(0.01)\n"
        "async def main(url):\n"
        "    heard = []\n"
        "    one = Bus(url, node='one', on_wake=lambda wake: None)\n"
        "    two = Bus(url, node='two', on_wake=lambda wake: heard.extend(wake.frames))\n"
        "    await one.start('c'); await two.start('c')\n"
        "    await until(lambda: not one._nobody_hears())\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))\n"
        "    async with asyncio.timeout(60):\n"
        "        while one.well:\n"
        "            one.send(Ephemeral('o', 's', 'x' * 5000)); await asyncio.sleep(0.01)\n"
        "    limit = resource.RLIM_INFINITY\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "    await until(lambda: one.well and two.well)\n"
        "    heard.clear()\n"
        "    async with asyncio.timeout(60):\n"
        "        while not heard:\n"
        "            one.send(Ephemeral('o', 's', 'again')); await asyncio.sleep(0.05)\n"
        "    await one.stop(); await two.stop()\n"
        "    print('healed')\n"
        "asyncio.run(main(sys.argv[1]))\n"
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code, f"sqlite:///{tmp_path / 'support.db-bus'}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout.strip() == "healed", done.stderr


async def test_a_folder_that_cannot_be_written(tmp_path: Path, channel: str, join: Join) -> None:
    folder = tmp_path / "later"
    member = await join(f"sqlite:///{folder / 'support.db-bus'}", "one", channel)
    assert not member.bus.well
    folder.mkdir()
    await until(lambda: member.bus.well, "it is well once there is a folder", HEALING)


async def test_two_backends_may_be_given_up_at_any_moment(
    server: BusServer | PostgresBus, channel: str
) -> None:
    """Cancelled while it connects, it leaves nothing behind."""
    before = len(asyncio.all_tasks())
    delays = [0, 0.001, 0.003, 0.01, 0.03]
    if isinstance(server, PostgresBus):
        # asyncpg tells the event loop of a handshake that was cut short; nothing is left of it.
        delays = [0, 0.5]
    for delay in delays:
        member = Member(server.url, "one")
        starting = asyncio.create_task(member.bus.start(channel))
        await asyncio.sleep(delay)
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        await member.bus.stop()
    await until(lambda: len(asyncio.all_tasks()) <= before, "all tasks have ended")


async def test_hosts_of_postgresql_that_are_of_no_use_are_passed_by(
    postgres: str, channel: str, join: Join
) -> None:
    """The first takes connections and says nothing, the second is not there."""
    parts = urlsplit(postgres)
    user, at, there = parts.netloc.rpartition("@")
    async with FaultProxy.before(postgres) as proxy:
        proxy.stall()
        hosts = f"127.0.0.1:{proxy.port},127.0.0.1:{free_port()},{there}"
        url = parts._replace(netloc=f"{user}{at}{hosts}").geturl()
        one, two = await asyncio.gather(join(url, "one", channel), join(url, "two", channel))
        await until(both((one, two), well=True), "the bus is well")
        await talk(one, two, "here we are")
        assert proxy.accepted


async def test_postgresql_may_be_left_in_the_middle_of_a_word(
    postgres: str, channel: str, join: Join, cut_handshakes: None
) -> None:
    """Nothing is left to the event loop to complain about."""
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    async with FaultProxy.before(postgres) as proxy:
        one = await join(proxy.through(postgres), "one", channel)
        await until(lambda: one.bus.well, "the bus is well")
        # A canary is heard before the one who sent it knows.
        statement = one.bus._backend._statement
        await until(statement.done, "the canary is out")
        proxy.stall()
        one.bus.send(frame("never heard"))
        await until(lambda: one.bus._backend._statement is not statement, "it is being said")
        await one.bus.stop()
        await asyncio.sleep(0.1)
    assert not complaints
