"""Contacts as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.contacts.attributes import ContactAttributes
from campfire_chat.features.contacts.endpoints import ENDPOINTS
from campfire_chat.features.contacts.events import EVENTS
from campfire_chat.features.contacts.service import ContactService
from campfire_chat.features.contacts.settings import SETTINGS
from campfire_chat.features.contacts.sightings import Sightings
from campfire_chat.features.organizations.service import SettingsService


def _services(parts: Parts) -> Iterable[object]:
    attributes = ContactAttributes(
        parts.services[SettingsService], parts.settings.contact_attributes
    )
    yield ContactService(parts.storage, attributes)
    yield Sightings(parts.storage)


CONTACTS = Feature(
    "contacts", events=EVENTS, endpoints=ENDPOINTS, settings=SETTINGS, services=_services
)
