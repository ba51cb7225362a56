"""How much may wait for a client that reads slowly; on a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from campfire_chat.realtime.sockets.send_queue import STALLED, SendQueue
from tests.support.clocks import in_virtual_time

FRAMES, BYTES = 8, 1_000


class Peer:
    """A client that reads when it is told to."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.reads = asyncio.Event()
        self.told: list[str] = []
        self.failure: Exception | None = None
        self.send_queue = SendQueue(
            self._send,
            on_clogged=lambda: self.told.append("clogged"),
            on_gone=lambda: self.told.append("gone"),
            limit_frames=FRAMES,
            limit_size=BYTES,
        )

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        if self.failure is not None:
            raise self.failure
        self.got.append(message["text"])

    def push(self, count: int, text: str = "x") -> None:
        for _ in range(count):
            self.send_queue.push(text)

    async def begins_to_wait(self) -> None:
        """The writer has taken one frame, which the client does not take."""
        self.push(1, "first")
        await asyncio.sleep(0.001)
        assert self.send_queue.writing_since == 0.0


def play(story: Callable[[Peer], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        peer = Peer()
        await story(peer)
        peer.send_queue.stop()
        await asyncio.sleep(0)

    in_virtual_time(run())


def test_a_batch_of_one_turn_is_no_sign_of_a_slow_client() -> None:
    async def story(peer: Peer) -> None:
        peer.push(15 * FRAMES)
        assert peer.told == []
        peer.reads.set()
        await peer.send_queue.drained()
        assert len(peer.got) == 15 * FRAMES

    play(story)


@pytest.mark.parametrize(("count", "size"), [(FRAMES, 1), (2, BYTES // 2)])
def test_a_full_queue_and_a_write_that_has_waited_are_one(count: int, size: int) -> None:
    """Exactly full is full for frames; as many bytes as allowed may wait."""

    async def story(peer: Peer) -> None:
        await peer.begins_to_wait()
        await asyncio.sleep(STALLED - 0.002)
        peer.push(count, "x" * size)
        # Full, but the write may still be a short one.
        peer.push(1)
        assert peer.told == []
        await asyncio.sleep(0.002)
        peer.push(1)
        assert peer.told == ["clogged"]
        # Once, and whatever comes then is dropped.
        peer.push(3)
        assert peer.told == ["clogged"]
        peer.reads.set()
        await asyncio.sleep(1)
        assert peer.got == ["first"]

    play(story)


def test_a_queue_that_is_not_full_waits_for_as_long_as_it_takes() -> None:
    async def story(peer: Peer) -> None:
        await peer.begins_to_wait()
        await asyncio.sleep(10 * STALLED)
        peer.push(FRAMES)
        assert peer.told == []
        peer.reads.set()
        await peer.send_queue.drained()
        assert len(peer.got) == FRAMES + 1

    play(story)


def test_twice_the_bytes_is_too_much_at_once() -> None:
    async def story(peer: Peer) -> None:
        peer.push(2, "x" * BYTES)
        assert peer.told == []
        peer.push(1, "x")
        assert peer.told == ["clogged"]

    play(story)


def test_sixteen_times_the_frames_is_too_much_at_once() -> None:
    async def story(peer: Peer) -> None:
        peer.push(16 * FRAMES)
        assert peer.told == []
        peer.push(1)
        assert peer.told == ["clogged"]

    play(story)


def test_bytes_are_counted_as_they_are_sent() -> None:
    async def story(peer: Peer) -> None:
        # Three bytes each.
        peer.push(1, "€" * (2 * BYTES // 3))
        peer.push(1, "€")
        assert peer.told == ["clogged"]

    play(story)


def test_one_frame_always_fits() -> None:
    async def story(peer: Peer) -> None:
        peer.push(1, "x" * 10 * BYTES)
        peer.reads.set()
        await peer.send_queue.drained()
        assert peer.told == []
        # What was sent is not counted any more.
        peer.push(1, "x" * 10 * BYTES)
        await peer.send_queue.drained()
        assert (len(peer.got), peer.told) == (2, [])

    play(story)


@pytest.mark.parametrize(("count", "size"), [(FRAMES // 2, 1), (1, BYTES // 2)])
def test_what_may_be_dropped_is_dropped_from_half_full_on(count: int, size: int) -> None:
    async def story(peer: Peer) -> None:
        peer.push(count - 1, "x" * size)
        peer.send_queue.offer("offered")
        peer.push(1, "x" * size)
        peer.send_queue.offer("dropped")
        peer.reads.set()
        await peer.send_queue.drained()
        assert "offered" in peer.got
        assert "dropped" not in peer.got
        peer.send_queue.offer("again")
        await peer.send_queue.drained()
        assert peer.got[-1] == "again"

    play(story)


@pytest.mark.parametrize(("count", "size"), [(FRAMES // 2 + 1, 1), (2, BYTES // 4 + 1)])
def test_a_replay_waits_until_half_of_it_has_gone(count: int, size: int) -> None:
    async def story(peer: Peer) -> None:
        peer.push(count - 1, "x" * size)
        await peer.send_queue.room()
        peer.push(1, "x" * size)
        waiting = asyncio.create_task(peer.send_queue.room())
        await asyncio.sleep(100)
        # One is on its way, and no longer in the queue.
        assert waiting.done()
        peer.push(1, "x" * size)
        waiting = asyncio.create_task(peer.send_queue.room())
        await asyncio.sleep(100)
        assert not waiting.done()
        peer.reads.set()
        await waiting
        await peer.send_queue.drained()
        assert len(peer.got) == count + 1

    play(story)


@pytest.mark.parametrize("how", ["clog", "stop"])
def test_nobody_waits_for_a_queue_that_is_never_sent(how: str) -> None:
    async def story(peer: Peer) -> None:
        peer.push(FRAMES)
        drained = asyncio.create_task(peer.send_queue.drained())
        await asyncio.sleep(0.1)
        assert not drained.done()
        getattr(peer.send_queue, how)()
        await asyncio.wait_for(drained, 1)
        if how == "clog":
            await asyncio.wait_for(peer.send_queue.room(), 1)
        assert peer.told == (["clogged"] if how == "clog" else [])

    play(story)


@pytest.mark.parametrize(
    "failure",
    [WebSocketDisconnect(1006), OSError("reset"), RuntimeError("closed"), ValueError("?")],
)
def test_a_write_that_fails_ends_the_outlet(failure: Exception) -> None:
    async def story(peer: Peer) -> None:
        peer.failure = failure
        peer.push(3)
        peer.reads.set()
        await asyncio.wait_for(peer.send_queue.drained(), 1)
        assert peer.told == ["gone"]
        peer.push(1)
        await asyncio.sleep(1)
        assert (peer.told, peer.got) == (["gone"], [])

    play(story)
