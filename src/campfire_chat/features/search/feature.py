"""The search as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.features.search.endpoints import ENDPOINTS
from campfire_chat.features.search.rebuilding import REBUILD
from campfire_chat.features.search.service import SearchService


def _services(parts: Parts) -> Iterable[object]:
    yield SearchService(parts.storage, parts.services[SettingsService])


SEARCH = Feature("search", endpoints=ENDPOINTS, jobs=(REBUILD,), services=_services)
