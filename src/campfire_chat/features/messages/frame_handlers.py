"""What messages do with the frames of clients."""

from __future__ import annotations

from functools import partial

from campfire_chat.access.policy import require
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.conversations.streams import CONVERSATION
from campfire_chat.features.messages.adding import WRITES, Sent
from campfire_chat.features.messages.frames import MessageSend, SendOk
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY, NOTES_WRITE
from campfire_chat.features.messages.service import MessageService
from campfire_chat.features.presence.typing import TypingIndicators
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.realtime.sockets import proof
from campfire_chat.realtime.sockets.context import Connection


async def send(socket: Connection, frame: MessageSend) -> None:
    if socket.proof is not None:
        socket.proof.require(proof.FOR_SENDING)
    quota, actor, services = socket.quota, socket.actor, socket.context.services
    quota.send()
    require(actor, WRITES[frame.visibility])
    quota.begin_write()
    try:
        if CONVERSATION.name(frame.conversation_id) not in socket.streams:
            await services[ConversationService].admit_writer(actor, frame.conversation_id)
        future = services[MessageService].send(
            actor,
            frame.conversation_id,
            client_id=frame.id,
            body=frame.body,
            visibility=frame.visibility,
            reply_to=frame.reply_to,
            seen=frame.seen,
        )
    except BaseException:
        quota.end_write()
        raise
    socket.writes.add(future, frame.id, partial(_ok, frame.id))
    services[TypingIndicators].set(actor, frame.conversation_id, active=False)
    await socket.writes.room()


def _ok(request_id: str, sent: Sent) -> SendOk:
    return SendOk(
        id=request_id,
        conversation_id=sent.conversation_id,
        message_id=sent.message_id,
        seq=sent.seq,
        at=sent.at,
        duplicate=sent.duplicate,
    )


FRAMES = (FrameHandler(MessageSend, (CONVERSATIONS_REPLY, NOTES_WRITE), send),)
