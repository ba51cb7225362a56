"""What receipts do with the frames of clients."""

from __future__ import annotations

from functools import partial

from campfire_chat.features.conversations.permissions import CONVERSATIONS_READ
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.conversations.streams import CONVERSATION
from campfire_chat.features.receipts.frames import Receipt
from campfire_chat.features.receipts.operations import Marked
from campfire_chat.features.receipts.service import ReceiptService
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.realtime.frames import Ok
from campfire_chat.realtime.sockets.context import Connection


async def mark(socket: Connection, frame: Receipt) -> None:
    quota, actor, services = socket.quota, socket.actor, socket.context.services
    quota.write()
    quota.begin_write()
    try:
        if CONVERSATION.name(frame.conversation_id) not in socket.streams:
            await services[ConversationService].admit_writer(actor, frame.conversation_id)
        future = services[ReceiptService].mark(
            actor, frame.conversation_id, delivered=frame.delivered, read=frame.read
        )
    except BaseException:
        quota.end_write()
        raise
    socket.writes.add(future, frame.id, partial(_ok, frame.id))
    await socket.writes.room()


def _ok(request_id: str | None, _: Marked) -> Ok | None:
    return None if request_id is None else Ok(id=request_id)


FRAMES = (FrameHandler(Receipt, CONVERSATIONS_READ, mark),)
