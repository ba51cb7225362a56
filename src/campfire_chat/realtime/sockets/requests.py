"""The frames of the protocol itself: subscribing, proving the session, pinging."""

from __future__ import annotations

from typing import Any

from campfire_chat.access.permissions import Access
from campfire_chat.realtime import frames
from campfire_chat.realtime.errors import BadFrameError
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.realtime.sockets import proof
from campfire_chat.realtime.sockets.context import Connection


async def _hello(socket: Connection, frame: frames.Hello) -> None:
    raise BadFrameError("hello is allowed only as the first frame.")


async def _subscribe(socket: Connection, frame: frames.Subscribe) -> None:
    socket.streams.leave(frame.stream)
    head = await socket.streams.join(frame.stream)
    socket.send_queue.push_frame(frames.SubscribeOk(id=frame.id, stream=frame.stream, head=head))
    after = head if frame.after is None else frame.after
    socket.streams.replay(frame.stream, after=after, epoch=frame.epoch, head=head)


async def _unsubscribe(socket: Connection, frame: frames.Unsubscribe) -> None:
    socket.streams.leave(frame.stream)
    socket.send_queue.push_frame(frames.Ok(id=frame.id))


async def _renew(socket: Connection, frame: frames.Renew) -> None:
    tokens = socket.context.authentication.tokens
    proof.renew(tokens, socket.actor, socket.proof, frame.ticket)


async def _ping(socket: Connection, frame: frames.Ping) -> None:
    socket.pings = True
    socket.send_queue.push_frame(frames.Pong(n=frame.n))


FRAMES: tuple[FrameHandler[Any], ...] = (
    # A hello resumes streams.
    FrameHandler(frames.Hello, Access.STREAM, _hello),
    FrameHandler(frames.Subscribe, Access.STREAM, _subscribe),
    FrameHandler(frames.Unsubscribe, Access.CALLER, _unsubscribe),
    FrameHandler(frames.Renew, Access.CALLER, _renew),
    FrameHandler(frames.Ping, Access.CALLER, _ping),
)
