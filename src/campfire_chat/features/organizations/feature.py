"""Organisations and runtime settings as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.organizations.endpoints import ENDPOINTS
from campfire_chat.features.organizations.events import EVENTS
from campfire_chat.features.organizations.organization_service import OrganizationService
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.features.organizations.settings import SETTINGS


def _services(parts: Parts) -> Iterable[object]:
    settings = SettingsService(parts.storage, parts.bus, parts.registry)
    yield settings
    yield OrganizationService(parts.storage, settings)


ORGANIZATIONS = Feature(
    "organizations",
    events=EVENTS,
    endpoints=ENDPOINTS,
    settings=SETTINGS,
    services=_services,
)
