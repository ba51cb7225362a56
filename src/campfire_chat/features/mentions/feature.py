"""Mentions as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.mentions.endpoints import ENDPOINTS
from campfire_chat.features.mentions.events import EVENTS
from campfire_chat.features.mentions.service import MentionService


def _services(parts: Parts) -> Iterable[object]:
    yield MentionService(parts.storage)


MENTIONS = Feature("mentions", events=EVENTS, endpoints=ENDPOINTS, services=_services)
