"""Conversations as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.conversations import opening, reopening, silence, snoozes
from campfire_chat.features.conversations.aggregate import CONVERSATIONS as KIND
from campfire_chat.features.conversations.contact_endpoints import (
    ENDPOINTS as CONTACT_ENDPOINTS,
)
from campfire_chat.features.conversations.endpoints import ENDPOINTS
from campfire_chat.features.conversations.events import EVENTS
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.conversations.streams import VISITOR
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.features.presence.service import PresenceService


def _services(parts: Parts) -> Iterable[object]:
    presence = parts.services[PresenceService]
    service = ConversationService(
        parts.storage,
        presence,
        parts.settings,
        parts.roles,
        parts.services[ContactService],
        parts.review,
    )
    service.on_restricted = parts.hub.check_access
    yield service
    yield silence.Silence(parts.storage, parts.services[SettingsService])


CONVERSATIONS = Feature(
    "conversations",
    aggregates=(KIND,),
    streams=(VISITOR,),
    events=EVENTS,
    endpoints=(*ENDPOINTS, *CONTACT_ENDPOINTS),
    settings=(reopening.REOPEN_DAYS, *silence.SETTINGS),
    jobs=(snoozes.WAKE, opening.OPEN, *silence.JOBS),
    services=_services,
)
