"""Who is typing: told at most every few seconds, and taken back when it is not repeated."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from campfire_chat.domain import streams
from campfire_chat.domain.principal import Scope
from campfire_chat.realtime import frames
from campfire_chat.realtime.bus import Ephemeral
from campfire_chat.realtime.hub import Hub

#: Seconds after which a notice that was not repeated is taken back.
LIFE = 5.0
#: Seconds between two notices that somebody still types, however often their client says so.
REPEAT = 2.0


class _Typist(NamedTuple):
    timer: asyncio.TimerHandle
    told_at: float


class Typing:
    """See the module."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._typists: dict[tuple[str, str, str], _Typist] = {}

    def stop(self) -> None:
        for typist in self._typists.values():
            typist.timer.cancel()
        self._typists.clear()

    def set(self, scope: Scope, conversation_id: str, *, active: bool) -> None:
        """Somebody types, or has stopped."""
        key = (scope.organization, conversation_id, scope.sender_key)
        loop = asyncio.get_running_loop()
        before = self._typists.pop(key, None)
        if before is not None:
            before.timer.cancel()
        elif not active:
            return
        told_at = before.told_at if before is not None else None
        if not active or told_at is None or loop.time() - told_at >= REPEAT:
            told_at = loop.time()
            self._tell(scope, conversation_id, active=active)
        if active:
            timer = loop.call_later(LIFE, self._expire, scope, conversation_id)
            self._typists[key] = _Typist(timer, told_at)

    def _expire(self, scope: Scope, conversation_id: str) -> None:
        self._typists.pop((scope.organization, conversation_id, scope.sender_key), None)
        self._tell(scope, conversation_id, active=False)

    def _tell(self, scope: Scope, conversation_id: str, *, active: bool) -> None:
        frame = frames.TypingNotice(
            conversation_id=conversation_id,
            participant=scope.principal.participant,
            active=active,
        )
        stream = streams.conversation(conversation_id)
        self._hub.show(
            Ephemeral(scope.organization, stream, frames.encode(frame), exclude=scope.sender_key)
        )
