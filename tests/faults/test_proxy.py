"""The fault proxy does what it is asked to, or every fault behind it proves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from tests.support.fault_proxy import RETRANSMISSION, FaultProxy

pytestmark = pytest.mark.anyio

#: Seconds for anything that should simply happen, and in which what must not happen would have.
PATIENCE, A_WHILE = 10.0, 0.3


@pytest.fixture
async def proxy(anyio_backend: str) -> AsyncIterator[FaultProxy]:
    """In front of a server that sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, FaultProxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


class Caller:
    """A connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, proxy: FaultProxy) -> Caller:
        return cls(*await asyncio.open_connection("127.0.0.1", proxy.port))

    def say(self, text: bytes) -> None:
        self._writer.write(text)

    async def hear(self, count: int, seconds: float = PATIENCE) -> bytes:
        async with asyncio.timeout(seconds):
            return await self._reader.readexactly(count)

    async def ask(self, text: bytes, seconds: float = PATIENCE) -> bytes:
        self.say(text)
        return await self.hear(len(text), seconds)

    def close(self) -> None:
        self.leave("abort")

    def leave(self, how: str) -> None:
        """With a goodbye, or without."""
        if how == "abort":
            found = self._writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        else:
            self._writer.close()


@pytest.fixture
async def caller(proxy: FaultProxy) -> AsyncIterator[Caller]:
    caller = await Caller.connect(proxy)
    yield caller
    caller.close()


async def test_everything_passes_unchanged(proxy: FaultProxy, caller: Caller) -> None:
    text = bytes(range(256)) * 1_000
    assert await caller.ask(text) == text
    assert (proxy.connections, proxy.accepted) == (1, 1)


async def test_delay_is_each_way(proxy: FaultProxy, caller: Caller) -> None:
    await caller.ask(b"before")
    proxy.delay = 0.2
    began = asyncio.get_running_loop().time()
    assert await caller.ask(b"slow") == b"slow"
    # Nothing can be early; how late it is depends on the machine.
    assert asyncio.get_running_loop().time() - began >= 0.4


async def test_loss_holds_up_what_is_behind_and_loses_nothing(
    proxy: FaultProxy, caller: Caller
) -> None:
    await caller.ask(b"before")
    proxy.loss = 0.5
    began = asyncio.get_running_loop().time()
    for number in range(5):
        text = b"%02d" % number
        assert await caller.ask(text) == text
    # Of ten segments, half of which are lost, at least one was: the third, always.
    assert asyncio.get_running_loop().time() - began >= RETRANSMISSION


async def test_stalled_connections_stay_open_and_go_on(proxy: FaultProxy, caller: Caller) -> None:
    await caller.ask(b"before")
    proxy.stall()
    caller.say(b"meanwhile")
    newcomer = await Caller.connect(proxy)
    newcomer.say(b"hello")
    for one in (caller, newcomer):
        with pytest.raises(TimeoutError):
            await one.hear(1, A_WHILE)
    proxy.heal()
    assert await caller.hear(9) == b"meanwhile"
    assert await newcomer.hear(5) == b"hello"
    newcomer.close()


async def test_refused_until_it_is_healed(proxy: FaultProxy, caller: Caller) -> None:
    await caller.ask(b"before")
    proxy.refuse()
    for one in (caller, await Caller.connect(proxy)):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await one.ask(b"anybody?")
    proxy.heal()
    newcomer = await Caller.connect(proxy)
    assert await newcomer.ask(b"again") == b"again"
    newcomer.close()


@pytest.mark.parametrize("way", ["request", "answer"])
async def test_cut_where_a_pattern_comes_by(proxy: FaultProxy, caller: Caller, way: str) -> None:
    bystander = await Caller.connect(proxy)
    cut = proxy.cut_at(b"COMMIT", way=way, times=2)  # type: ignore[arg-type]
    # Also when it comes in pieces.
    await caller.ask(b"before COM")
    assert not cut.is_set()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await caller.ask(b"MIT")
    assert not cut.is_set()
    another = await Caller.connect(proxy)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await another.ask(b"COMMIT")
    assert cut.is_set()
    # Twice was asked for, and of nobody else.
    assert await bystander.ask(b"COMMIT") == b"COMMIT"
    assert proxy.sprung == 2
    bystander.close()


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_whoever_goes_is_gone_on_the_other_side(proxy: FaultProxy, how: str) -> None:
    caller = await Caller.connect(proxy)
    await caller.ask(b"before")
    assert proxy.connections == 1
    caller.leave(how)
    async with asyncio.timeout(PATIENCE):
        while proxy.connections:
            await asyncio.sleep(0.01)


async def test_what_came_by_before_springs_nothing(proxy: FaultProxy, caller: Caller) -> None:
    # As long as it is waited for, more is remembered than the other pattern is long.
    proxy.cut_at(b"a much longer pattern", way="answer")
    await caller.ask(b"COMMIT")
    cut = proxy.cut_at(b"COMMIT", way="request")
    assert await caller.ask(b"BEGIN") == b"BEGIN"
    assert not cut.is_set()


async def test_silent_from_where_a_pattern_comes_by(proxy: FaultProxy, caller: Caller) -> None:
    silent = proxy.silence_at(b"COMMIT", way="request")
    caller.say(b"COMMIT")
    await silent.wait()
    caller.say(b"anybody?")
    with pytest.raises(TimeoutError):
        await caller.hear(1, A_WHILE)
    proxy.heal()
    with pytest.raises(TimeoutError):
        await caller.hear(1, A_WHILE)
    newcomer = await Caller.connect(proxy)
    assert await newcomer.ask(b"COMMIT") == b"COMMIT"
    newcomer.close()


def test_a_url_leads_through_the_proxy() -> None:
    proxy = FaultProxy.before("postgresql://me:se%40cret@db.example:6000/desk?sslmode=disable")
    proxy.port = 7000
    assert (proxy.host, proxy.upstream) == ("db.example", 6000)
    assert proxy.through("postgresql://me:se%40cret@db.example:6000/desk?sslmode=disable") == (
        "postgresql://me:se%40cret@127.0.0.1:7000/desk?sslmode=disable"
    )
