"""What every bus has to do on a good day, with real servers."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from broadcaster import Broadcast

from campfire_chat.core.errors import ConfigurationError
from campfire_chat.realtime import bus as bus_module
from campfire_chat.realtime.bus import MESSAGE_BYTES, Ephemeral
from campfire_chat.realtime.buses.backend import INBOX
from campfire_chat.realtime.buses.kinds import KINDS, Kind, bus_for, kind_of
from tests.buses.conftest import every_bus, frame, meet, talk, until
from tests.support.servers import ROOT

pytestmark = pytest.mark.anyio

Join = Callable[..., Any]


@pytest.fixture(autouse=True)
def patient_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start waits for the bus as long as it takes: tests look at it right after that."""
    monkeypatch.setattr(bus_module, "START_TIMEOUT", 60.0)


@every_bus
async def test_one_process_is_well_whatever_it_says(
    url: str, channel: str, join: Join, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It hears itself, which makes it well, and is told nothing of what it said."""
    for start in range(2):
        one = await join(url, f"one-{start}", channel)
        assert one.bus.well
        # What knows that nobody is there takes nothing.
        assert one.bus._nobody_hears() is (kind in ("sqlite", "memory"))
        one.bus.announce({("acme", f"conversation:{number}"): 1 for number in range(2_000)})
        one.bus.send(frame("x" * MESSAGE_BYTES))
        one.bus.signal("roster", "acme")
        await until(lambda: not (one.bus._heads or one.bus._frames), "all is said")  # noqa: B023
        one.bus._heard = False
        await until(lambda: one.bus._heard, "it hears itself")  # noqa: B023
        assert one.bus.well
        assert not one.wakes
        await one.bus.stop()
    assert "is ill" not in caplog.text


@every_bus
async def test_a_bus_that_gives_up_is_made_anew(
    url: str, channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    one = await join(url, "one", channel)
    backend = one.bus._backend
    backend.fail("enough")
    await until(lambda: "is ill" in caplog.text, "the failure is noticed")
    await until(lambda: "works again" in caplog.text, "there is another one")
    assert "enough" in caplog.text
    assert one.bus.well
    assert one.bus._backend is not backend


async def test_members_hear_each_other_and_not_themselves(
    url: str, channel: str, join: Join
) -> None:
    members = [await join(url, name, channel) for name in ("one", "two", "three")]
    assert all(member.bus.well for member in members)
    await meet(*members)
    members[0].bus.announce({("acme", "inbox:acme"): 7})
    members[1].bus.send(frame("typing"))
    members[2].bus.signal("roster", "acme")
    for listener in members:
        others = {member.node for member in members if member is not listener}
        await until(lambda: listener.told_by() == others, "everybody else is heard")  # noqa: B023
        assert not [wake for wake in listener.wakes if wake.node == listener.node]


async def test_everything_arrives_in_order(url: str, channel: str, join: Join) -> None:
    one, two = await join(url, "one", channel), await join(url, "two", channel)
    await meet(one, two)
    for number in range(300):
        one.bus.send(frame(f"{number}"))
        if number % 7 == 0:
            await asyncio.sleep(0)
    await until(lambda: len(two.texts) >= 300, "all frames")
    assert two.texts == [f"{number}" for number in range(300)]


async def test_what_is_said_right_after_joining_is_heard(
    url: str, channel: str, join: Join, kind: str
) -> None:
    """A listener is one when its start returns: the deafness of a first subscription."""
    one = await join(url, "one", channel)
    for number in range(3):
        two = await join(url, f"two-{number}", channel)
        if kind == "sqlite":
            await meet(one)
        one.bus.announce({("acme", "inbox:acme"): number + 1})
        await until(lambda: ("acme", "inbox:acme", number + 1) in two.heads, "a head")  # noqa: B023
        await two.bus.stop()


async def test_large_wakes_arrive_in_pieces(
    url: str, channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = await join(url, "one", channel), await join(url, "two", channel)
    await meet(one, two)
    heads = {("ümlaut" * 10, f"conversation:{number}"): number + 1 for number in range(2_000)}
    one.bus.announce(heads)
    one.bus.send(frame("🫖" * 1_500))
    one.bus.send(frame("x" * MESSAGE_BYTES))
    one.bus.signal("roster", "acme")
    await until(lambda: len(two.heads) >= 2_000, "all heads")
    assert {(org, name): head for org, name, head in two.heads} == heads
    await until(lambda: two.texts, "the frame")
    assert two.texts == ["🫖" * 1_500]
    await until(lambda: any(("roster", "acme") in wake.signals for wake in two.wakes), "the signal")
    assert "too long for the bus" in caplog.text
    assert one.bus.well
    assert two.bus.well


async def test_installations_on_one_server_do_not_hear_each_other(
    url: str, channel: str, join: Join
) -> None:
    one, two = await join(url, "one", channel), await join(url, "two", channel)
    stranger, other = await join(url, "three", f"{channel}x"), await join(url, "4", f"{channel}x")
    await meet(one, two, stranger, other)
    await talk(one, two, "ours")
    await talk(stranger, other, "theirs")
    assert {wake.node for wake in one.wakes} <= {"two"}
    assert {wake.node for wake in stranger.wakes} <= {"4"}


async def test_garbage_on_the_channel_is_survived(
    url: str, channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = await join(url, "one", channel), await join(url, "two", channel)
    await meet(one, two)
    broadcast = Broadcast(backend=kind_of(url).make(url))
    async with broadcast, broadcast.subscribe(channel):
        for garbage in ("", "nonsense", '{"a": 1}', "[1, 2]", "\x01", "ü" * 1_000):
            await broadcast.publish(channel, garbage)
        await until(lambda: caplog.text.count("cannot be read; does") >= 12, "garbage is noticed")
    await talk(one, two, "still there")
    assert one.bus.well
    assert two.bus.well


@every_bus
async def test_concurrent_publishes_are_all_heard(url: str, channel: str, kind: str) -> None:
    """The driver does one thing at a time on a connection; the backend sees to it."""
    speaker = kind_of(url).make(url)
    # Memory has no other end.
    listener = speaker if kind == "memory" else kind_of(url).make(url)
    try:
        for backend in {speaker, listener}:
            await backend.connect()
            await backend.subscribe(channel)
        await asyncio.gather(*(speaker.publish(channel, f"{n}") for n in range(100)))
        async with asyncio.timeout(60):
            heard = [(await listener.next_published()).message for _ in range(100)]
        texts = [item.decode() if isinstance(item, bytes) else item for item in heard]
        assert sorted(texts, key=int) == [f"{n}" for n in range(100)]
    finally:
        await speaker.disconnect()
        await listener.disconnect()


async def test_leaving_leaves_nothing_behind(url: str, channel: str, join: Join) -> None:
    async def once() -> None:
        one, two = await join(url, "one", channel), await join(url, "two", channel)
        await meet(one, two)
        await talk(one, two, "hello")
        await one.bus.stop()
        await two.bus.stop()

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0

    await once()
    await asyncio.sleep(0.05)
    gc.collect()
    tasks, threads, files = len(asyncio.all_tasks()), threading.active_count(), descriptors()
    for _ in range(3):
        await once()
    gc.collect()
    await until(lambda: len(asyncio.all_tasks()) <= tasks, "the tasks have ended")
    await until(lambda: threading.active_count() <= threads, "the threads have ended")
    await until(lambda: descriptors() <= files, "the connections are closed")


@every_bus
async def test_nothing_grows_while_nobody_looks(url: str, channel: str) -> None:
    backend = kind_of(url).make(url)
    try:
        await backend.connect()
        await backend.subscribe(channel)
        for number in range(INBOX + 5):
            backend.receive(channel, f"{number}")
        first = (await backend.next_published()).message
        assert first == "5", "the oldest give way"
        assert len(backend._inbox) == INBOX - 1
    finally:
        await backend.disconnect()


async def test_two_processes_hear_each_other(url: str, channel: str, join: Join) -> None:
    code = (
        "import asyncio, sys\n"
        "from campfire_chat.realtime.bus import Bus, Ephemeral\n"
        "async def main(url, channel):\n"
        "    heard = asyncio.Event()\n"
        "    bus = Bus(url, node='there', on_wake=lambda wake: wake.frames and heard.set())\n"
        "    await bus.start(channel)\n"
        "    await asyncio.wait_for(heard.wait(), 60)\n"
        "    while True:\n"
        "        bus.send(Ephemeral('acme', 'conversation:c', 'from there'))\n"
        "        await asyncio.sleep(0.05)\n"
        "asyncio.run(main(*sys.argv[1:]))\n"
    )
    here = await join(url, "here", channel)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code, url, channel], env=environment)
    try:
        for _ in range(1_200):
            if "from there" in here.texts:
                break
            here.bus.send(Ephemeral("acme", "conversation:c", "from here"))
            await asyncio.sleep(0.05)
        assert "from there" in here.texts
    finally:
        process.kill()
        process.wait(60)


async def test_memory_stays_where_it_is(channel: str, join: Join) -> None:
    one, two = await join("memory://", "one", channel), await join("memory://", "two", channel)
    one.bus.send(frame("hello"))
    one.bus.announce({("acme", "inbox:acme"): 1})
    await asyncio.sleep(0.05)
    assert not two.wakes
    assert not one.bus._frames
    assert not one.bus._heads


# URLs.


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "does not begin with a scheme"),
        ("smoke://signals", "no bus for 'smoke'"),
        ("redis-stream://localhost", "no bus for 'redis-stream'"),
        ("sqlite:///support.db", "-bus"),
    ],
)
def test_a_url_that_cannot_work_says_so(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        kind_of(url)
    assert caught.value.field == "bus_url"


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Kind("redis", KINDS["redis"].make, "no_such_driver", "redis")
    monkeypatch.setitem(KINDS, "redis", missing)
    with pytest.raises(ConfigurationError, match=r"pip install 'campfire-chat\[redis\]'"):
        kind_of("redis://localhost")


@pytest.mark.parametrize(
    ("database", "bus"),
    [
        ("sqlite:///support.db", "sqlite:///support.db-bus"),
        ("sqlite+aiosqlite:////var/x.db?timeout=3", "sqlite:////var/x.db-bus"),
        ("postgresql://u:p@h:5/n", "postgresql://u:p@h:5/n"),
    ],
)
def test_a_database_brings_its_bus(database: str, bus: str) -> None:
    assert bus_for(database) == bus
    assert kind_of(bus_for(database)).name in ("sqlite", "postgresql")
