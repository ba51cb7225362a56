"""What typing does with the frames of clients."""

from __future__ import annotations

from campfire_chat.features.conversations.streams import CONVERSATION
from campfire_chat.features.messages.permissions import CONVERSATIONS_REPLY
from campfire_chat.features.presence.frames import Typing
from campfire_chat.features.presence.typing import TypingIndicators
from campfire_chat.realtime.frame_table import FrameHandler
from campfire_chat.realtime.sockets.context import Connection


async def type_(socket: Connection, frame: Typing) -> None:
    actor, context = socket.actor, socket.context
    name = CONVERSATION.name(frame.conversation_id)
    if name not in socket.streams:
        # This costs a read, except for conversations that the socket subscribes to.
        socket.quota.write()
        await context.storage.authorize_stream(actor, name)
    context.services[TypingIndicators].set(actor, frame.conversation_id, active=frame.active)


FRAMES = (FrameHandler(Typing, CONVERSATIONS_REPLY, type_),)
