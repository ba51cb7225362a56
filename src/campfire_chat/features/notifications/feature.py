"""Notifications as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.notifications.endpoints import ENDPOINTS
from campfire_chat.features.notifications.events import EVENTS
from campfire_chat.features.notifications.job_kinds import EXPIRE
from campfire_chat.features.notifications.service import NotificationService
from campfire_chat.features.notifications.settings import SETTINGS
from campfire_chat.features.organizations.service import SettingsService


def _services(parts: Parts) -> Iterable[object]:
    yield NotificationService(parts.storage, parts.services[SettingsService])


NOTIFICATIONS = Feature(
    "notifications",
    events=EVENTS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    jobs=(EXPIRE,),
    services=_services,
)
