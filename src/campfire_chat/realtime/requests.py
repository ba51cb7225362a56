"""Handles the frames of a client after the greeting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from campfire_chat.domain import streams
from campfire_chat.errors import BadFrameError
from campfire_chat.realtime import frames, proof
from campfire_chat.realtime.writes import mark_ok, send_ok

if TYPE_CHECKING:
    from campfire_chat.realtime.socket import Socket


async def answer(socket: Socket, frame: frames.ClientFrame) -> None:
    """Handle a frame. Writes go to the ledger, which answers later.

    Raises:
        CampfireError: The frame is refused with this error.
    """
    match frame:
        case frames.MessageSend():
            await _send(socket, frame)
        case frames.Receipt():
            await _mark(socket, frame)
        case frames.Typing():
            await _type(socket, frame)
        case frames.Subscribe():
            await _subscribe(socket, frame)
        case frames.Unsubscribe():
            socket.streams.leave(frame.stream)
            socket.outlet.push_frame(frames.Ok(id=frame.id))
        case frames.Renew():
            proof.renew(socket, frame.ticket)
        case frames.Ping():
            socket.pings = True
            socket.outlet.push_frame(frames.Pong(n=frame.n))
        case frames.Hello():
            raise BadFrameError("hello is allowed only as the first frame.")


async def _send(socket: Socket, frame: frames.MessageSend) -> None:
    if socket.proof is not None:
        socket.proof.require(proof.FOR_SENDING)
    visit, gateway, scope = socket.visit, socket.gateway, socket.scope
    visit.send()
    visit.begin_write()
    try:
        await _admit(socket, frame.conversation_id)
        scope.require_writer_of(frame.visibility)
        future = gateway.store.send(
            scope,
            frame.conversation_id,
            client_id=frame.id,
            body=frame.body,
            visibility=frame.visibility,
            reply_to=frame.reply_to,
        )
    except BaseException:
        visit.end_write()
        raise
    socket.writes.add(future, frame.id, partial(send_ok, frame.id))
    gateway.typing.set(scope, frame.conversation_id, active=False)
    await socket.writes.room()


async def _mark(socket: Socket, frame: frames.Receipt) -> None:
    visit = socket.visit
    visit.write()
    visit.begin_write()
    try:
        await _admit(socket, frame.conversation_id)
        future = socket.gateway.store.mark(
            socket.scope, frame.conversation_id, delivered=frame.delivered, read=frame.read
        )
    except BaseException:
        visit.end_write()
        raise
    socket.writes.add(future, frame.id, partial(mark_ok, frame.id))
    await socket.writes.room()


async def _admit(socket: Socket, conversation_id: str) -> None:
    """Check that the caller may see a conversation, before anything about it is queued.

    Raises:
        NotFoundError: No such conversation, or not one that the caller may see.
    """
    if streams.conversation(conversation_id) not in socket.streams:
        await socket.gateway.store.admit_writer(socket.scope, conversation_id)


async def _type(socket: Socket, frame: frames.Typing) -> None:
    gateway, scope = socket.gateway, socket.scope
    scope.require_writer()
    name = streams.conversation(frame.conversation_id)
    if name not in socket.streams:
        # This costs a read, except for conversations that the socket subscribes to.
        socket.visit.write()
        await gateway.store.authorize_stream(scope, name)
    gateway.typing.set(scope, frame.conversation_id, active=frame.active)


async def _subscribe(socket: Socket, frame: frames.Subscribe) -> None:
    socket.streams.leave(frame.stream)
    head = await socket.streams.join(frame.stream)
    socket.outlet.push_frame(frames.SubscribeOk(id=frame.id, stream=frame.stream, head=head))
    after = head if frame.after is None else frame.after
    socket.streams.replay(frame.stream, after=after, epoch=frame.epoch, head=head)
