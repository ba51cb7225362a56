"""Typing notices: sent at most every few seconds, and withdrawn when not repeated."""

from __future__ import annotations

import asyncio
from functools import partial

from campfire_chat.domain import streams
from campfire_chat.domain.principal import Scope
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Ephemeral
from campfire_chat.realtime.hub import Hub
from campfire_chat.realtime.notices import Notices

#: Seconds after which a notice that was not repeated is withdrawn.
LIFE = 5.0
#: Seconds between two notices about the same participant, however often their client sends them.
REPEAT = 2.0
#: Number of notices in that time about one participant in a conversation: that they type, and that
#: they have stopped.
MOST = 2

_Key = tuple[str, str, str]


class Typing:
    """See the module."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._notices = Notices(window=REPEAT, most=MOST)
        #: Who types, and the timer that withdraws the notice.
        self._typists: dict[_Key, asyncio.TimerHandle] = {}

    def stop(self) -> None:
        self._notices.stop()
        for timer in self._typists.values():
            timer.cancel()
        self._typists.clear()

    def set(self, scope: Scope, conversation_id: str, *, active: bool) -> None:
        """Note that a participant types, or has stopped."""
        key = (scope.organization, conversation_id, scope.sender_key)
        timer = self._typists.pop(key, None)
        if timer is not None:
            timer.cancel()
        elif not active:
            return
        self._tell(scope, conversation_id, active=active)
        if active:
            loop = asyncio.get_running_loop()
            self._typists[key] = loop.call_later(LIFE, self._expire, scope, conversation_id)

    def _expire(self, scope: Scope, conversation_id: str) -> None:
        self._typists.pop((scope.organization, conversation_id, scope.sender_key), None)
        self._tell(scope, conversation_id, active=False)

    def _tell(self, scope: Scope, conversation_id: str, *, active: bool) -> None:
        key = (scope.organization, conversation_id, scope.sender_key)
        say = partial(self._show, scope, conversation_id, active=active)
        self._notices.tell(key, active, say)

    def _show(self, scope: Scope, conversation_id: str, *, active: bool) -> None:
        frame = frames.TypingNotice(
            conversation_id=conversation_id,
            participant=scope.principal.participant,
            active=active,
        )
        stream = streams.conversation(conversation_id)
        self._hub.show(
            Ephemeral(scope.organization, stream, frames.encode(frame), exclude=scope.sender_key)
        )
