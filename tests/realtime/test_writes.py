"""The writes of a socket: each is answered once, and no more than so many are under way."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from msgspec import Struct

from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.messages.frame_handlers import _ok as send_ok
from campfire_chat.features.messages.frames import SendOk
from campfire_chat.features.messages.sending import Sent
from campfire_chat.features.receipts.frame_handlers import _ok as mark_ok
from campfire_chat.features.receipts.operations import Marked
from campfire_chat.realtime import frames
from campfire_chat.realtime.sockets.writes import IN_FLIGHT, LANDING, Writes
from tests.support.clocks import in_virtual_time


class Socket:
    """The queue for the answers, and the count of what is under way."""

    def __init__(self) -> None:
        self.answers: list[Struct] = []
        self.ended = 0
        self.writes = Writes(self, self)  # type: ignore[arg-type]

    def push_frame(self, frame: Struct) -> None:
        self.answers.append(frame)

    def end_write(self) -> None:
        self.ended += 1

    def write(self, id: str | None = "1") -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.writes.add(future, id, lambda result: None if id is None else frames.Ok(id=result))
        return future


def test_each_is_answered_with_its_result_or_its_error(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        socket = Socket()
        good, silent, refused, broken, given_up = (
            socket.write(id) for id in ("a", None, "c", "d", "e")
        )
        good.set_result("a")
        silent.set_result(None)
        refused.set_exception(NotFoundError())
        broken.set_exception(ValueError("a mistake of ours"))
        given_up.cancel()
        with caplog.at_level(logging.ERROR):
            await socket.writes.settle()
        # What nobody waits for any more has ended as well.
        assert socket.ended == 5
        assert frames.Ok(id="a") in socket.answers
        errors = [one for one in socket.answers if isinstance(one, frames.ErrorFrame)]
        assert [(one.id, one.code) for one in errors] == [("c", "not_found"), ("d", "internal")]
        assert len(socket.answers) == 3
        assert [record.exc_info is not None for record in caplog.records] == [True]

    in_virtual_time(story())


def test_reading_pauses_while_too_many_are_under_way() -> None:
    async def story() -> None:
        socket = Socket()
        futures = [socket.write() for _ in range(IN_FLIGHT - 1)]
        await asyncio.wait_for(socket.writes.room(), 1)
        futures.append(socket.write())
        room = asyncio.create_task(socket.writes.room())
        await asyncio.sleep(60)
        assert not room.done()
        futures[5].set_result("x")
        await asyncio.wait_for(room, 1)

    in_virtual_time(story())


def test_a_close_waits_for_what_is_under_way_but_not_for_ever() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        socket = Socket()
        await socket.writes.settle()
        assert loop.time() == 0
        first, second = socket.write("a"), socket.write("b")
        loop.call_later(1, first.set_result, "a")
        loop.call_later(2, second.set_result, "b")
        await socket.writes.settle()
        assert loop.time() == 2
        assert socket.answers == [frames.Ok(id="a"), frames.Ok(id="b")]
        socket.write("never")
        await socket.writes.settle()
        assert loop.time() == 2 + LANDING

    in_virtual_time(story())


def test_what_the_answers_say() -> None:
    sent = Sent(
        conversation_id="conv_1",
        message_id="msg_1",
        seq=7,
        at="2026-01-01T00:00:00.000000Z",
        duplicate=True,
    )
    assert send_ok("r", sent) == SendOk(
        id="r",
        conversation_id="conv_1",
        message_id="msg_1",
        seq=7,
        at="2026-01-01T00:00:00.000000Z",
        duplicate=True,
    )
    marked: Any = Marked
    assert mark_ok("r", marked) == frames.Ok(id="r")
    # A mark without an id is not answered.
    assert mark_ok(None, marked) is None
