"""Drafts as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.drafts.endpoints import ENDPOINTS
from campfire_chat.features.drafts.events import EVENTS
from campfire_chat.features.drafts.service import DraftService


def _services(parts: Parts) -> Iterable[object]:
    yield DraftService(parts.storage, parts.settings)


DRAFTS = Feature("drafts", events=EVENTS, endpoints=ENDPOINTS, services=_services)
