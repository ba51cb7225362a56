"""The writer of a socket comes when there is something to write and goes when there is not."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from campfire_chat.realtime.sockets.send_queue import SendQueue

pytestmark = pytest.mark.anyio


class Peer:
    """What arrives, and whether the peer reads."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.here = True
        self.told: list[str] = []
        self.send_queue = SendQueue(
            self.send,
            on_clogged=lambda: self.told.append("clogged"),
            on_gone=lambda: self.told.append("gone"),
            limit_frames=1000,
            limit_size=1_000_000,
        )

    async def send(self, message: Message) -> None:
        await self.reading.wait()
        if not self.here:
            raise WebSocketDisconnect(1006)
        self.got.append(message["text"])


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def tasks() -> int:
    return len(asyncio.all_tasks())


async def test_a_silent_socket_has_no_writer() -> None:
    before = tasks()
    peer = Peer()
    assert tasks() == before
    peer.send_queue.push("a")
    await settled()
    assert peer.got == ["a"]
    # Something was written since the last round, so it stays for one more.
    peer.send_queue.rest()
    await settled()
    assert tasks() == before + 1
    peer.send_queue.rest()
    await settled()
    assert tasks() == before
    peer.send_queue.push("b")
    await peer.send_queue.drained()
    assert peer.got == ["a", "b"]
    peer.send_queue.stop()
    await settled()
    assert tasks() == before


async def test_a_writer_that_waits_for_its_peer_is_not_let_go() -> None:
    peer = Peer()
    peer.reading.clear()
    peer.send_queue.push("a")
    await settled()
    for _ in range(3):
        peer.send_queue.rest()
        await settled()
    peer.send_queue.push("b")
    peer.reading.set()
    await peer.send_queue.drained()
    assert peer.got == ["a", "b"]
    peer.send_queue.stop()


async def test_what_is_pushed_as_the_writer_leaves_is_written() -> None:
    peer = Peer()
    peer.send_queue.push("a")
    await settled()
    peer.send_queue.rest()
    peer.send_queue.rest()
    peer.send_queue.push("b")
    await settled()
    assert peer.got == ["a", "b"]
    peer.send_queue.stop()


async def test_whatever_comes_when_is_written_in_order() -> None:
    chance = random.Random(7)
    peer = Peer()
    numbers = itertools.count()
    pushed: list[str] = []
    for _ in range(3000):
        match chance.randrange(6):
            case 0 | 1:
                pushed.append(str(next(numbers)))
                peer.send_queue.push(pushed[-1])
            case 2:
                peer.send_queue.rest()
            case 3:
                await asyncio.sleep(0)
            case 4:
                peer.reading.clear()
            case _:
                peer.reading.set()
    peer.reading.set()
    await peer.send_queue.drained()
    assert peer.got == pushed
    peer.send_queue.stop()


async def test_a_peer_that_is_gone_is_reported_once() -> None:
    before = tasks()
    peer = Peer()
    peer.here = False
    peer.send_queue.push("a")
    await settled()
    assert peer.told == ["gone"]
    assert tasks() == before
    peer.send_queue.push("b")
    await settled()
    assert (peer.told, tasks()) == (["gone"], before)


async def test_what_is_pushed_after_the_end_is_dropped() -> None:
    before = tasks()
    peer = Peer()
    peer.reading.clear()
    peer.send_queue.push("a")
    peer.send_queue.push("b")
    await settled()
    peer.send_queue.stop()
    await settled()
    peer.reading.set()
    peer.send_queue.push("c")
    await settled()
    assert (peer.got, tasks()) == ([], before)
