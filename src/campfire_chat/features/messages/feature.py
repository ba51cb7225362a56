"""Messages as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.messages import ordering
from campfire_chat.features.messages.endpoints import ENDPOINTS
from campfire_chat.features.messages.events import EVENTS
from campfire_chat.features.messages.frame_handlers import FRAMES
from campfire_chat.features.messages.service import MessageService


def _services(parts: Parts) -> Iterable[object]:
    yield MessageService(parts.storage, parts.settings, parts.roles, parts.review)


MESSAGES = Feature(
    "messages",
    events=EVENTS,
    endpoints=ENDPOINTS,
    frames=FRAMES,
    jobs=(ordering.SEND,),
    services=_services,
)
