"""Presence as a feature: who is there, who looks at what, who types."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.presence.beats import Beats
from campfire_chat.features.presence.events import EVENTS
from campfire_chat.features.presence.frame_handlers import FRAMES
from campfire_chat.features.presence.retention import EXPIRE, PresenceRetention
from campfire_chat.features.presence.service import PresenceService
from campfire_chat.features.presence.typing import TypingIndicators


def _services(parts: Parts) -> Iterable[object]:
    presence = PresenceService(parts.storage, life=parts.settings.presence_life)
    yield presence
    yield TypingIndicators(parts.hub)
    yield PresenceRetention(parts.storage, presence)
    yield Beats(presence, parts.hub, node=parts.node, beat=parts.settings.presence_beat)


PRESENCE = Feature(
    "presence",
    events=EVENTS,
    frames=FRAMES,
    jobs=(EXPIRE,),
    services=_services,
)
