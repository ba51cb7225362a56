"""Contacts as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.contacts.endpoints import ENDPOINTS
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.contacts.settings import SETTINGS
from campfire_chat.features.contacts.sightings import Sightings


def _services(parts: Parts) -> Iterable[object]:
    yield ContactService(parts.storage)
    yield Sightings(parts.storage)


CONTACTS = Feature("contacts", endpoints=ENDPOINTS, settings=SETTINGS, services=_services)
