"""Tags as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.tags.endpoints import ENDPOINTS
from campfire_chat.features.tags.events import EVENTS
from campfire_chat.features.tags.rewriting import REWRITE
from campfire_chat.features.tags.service import TagService


def _services(parts: Parts) -> Iterable[object]:
    yield TagService(parts.storage)


TAGS = Feature("tags", events=EVENTS, endpoints=ENDPOINTS, jobs=(REWRITE,), services=_services)
