"""Messages as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.conversations.reopening import Reopening
from campfire_chat.features.messages import ordering
from campfire_chat.features.messages.endpoints import ENDPOINTS
from campfire_chat.features.messages.events import EVENTS
from campfire_chat.features.messages.frame_handlers import FRAMES
from campfire_chat.features.messages.service import MessageService
from campfire_chat.features.organizations.service import StoredSettings
from campfire_chat.features.presence.service import PresenceService


def _services(parts: Parts) -> Iterable[object]:
    reopening = Reopening(StoredSettings(parts.registry), parts.services[PresenceService])
    yield MessageService(parts.storage, parts.settings, parts.roles, reopening, parts.review)


MESSAGES = Feature(
    "messages",
    events=EVENTS,
    endpoints=ENDPOINTS,
    frames=FRAMES,
    jobs=(ordering.SEND,),
    services=_services,
)
