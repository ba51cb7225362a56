"""Typing notices: sent at most every few seconds, and withdrawn when not repeated."""

from __future__ import annotations

import asyncio
from functools import partial

from campfire_chat.access.actor import Actor
from campfire_chat.feature import Service
from campfire_chat.features.conversations.streams import CONVERSATION
from campfire_chat.features.presence.frames import TypingNotice
from campfire_chat.ledger.streams import Stream
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Ephemeral
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.throttle import NoticeThrottle

#: Seconds after which a notice that was not repeated is withdrawn.
LIFE = 5.0
#: Seconds between two notices about the same participant, however often their client sends them.
REPEAT = 2.0
#: Number of notices in that time about one participant in a conversation: that they type, and that
#: they have stopped.
MOST = 2

_Key = tuple[str, str, str]


class TypingIndicators(Service):
    """See the module."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._notices = NoticeThrottle(window=REPEAT, most=MOST)
        #: Who types, and the timer that withdraws the notice.
        self._typists: dict[_Key, asyncio.TimerHandle] = {}

    async def stop(self) -> None:
        self._notices.stop()
        for timer in self._typists.values():
            timer.cancel()
        self._typists.clear()

    def set(self, actor: Actor, conversation_id: str, *, active: bool) -> None:
        """Note that a participant types, or has stopped."""
        key = (actor.organization, conversation_id, actor.sender_key)
        timer = self._typists.pop(key, None)
        if timer is not None:
            timer.cancel()
        elif not active:
            return
        self._tell(actor, conversation_id, active=active)
        if active:
            loop = asyncio.get_running_loop()
            self._typists[key] = loop.call_later(LIFE, self._expire, actor, conversation_id)

    def left(self, actor: Actor, stream: Stream) -> None:
        if stream.kind == CONVERSATION.kind:
            self.set(actor, stream.subject, active=False)

    def _expire(self, actor: Actor, conversation_id: str) -> None:
        self._typists.pop((actor.organization, conversation_id, actor.sender_key), None)
        self._tell(actor, conversation_id, active=False)

    def _tell(self, actor: Actor, conversation_id: str, *, active: bool) -> None:
        key = (actor.organization, conversation_id, actor.sender_key)
        say = partial(self._show, actor, conversation_id, active=active)
        self._notices.tell(key, active, say)

    def _show(self, actor: Actor, conversation_id: str, *, active: bool) -> None:
        frame = TypingNotice(
            conversation_id=conversation_id,
            participant=actor.principal.participant,
            active=active,
        )
        stream = CONVERSATION.name(conversation_id)
        self._hub.show(
            Ephemeral(actor.organization, stream, frames.encode(frame), exclude=actor.sender_key)
        )
