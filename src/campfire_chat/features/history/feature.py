"""The history of conversations as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.conversations.service import ConversationService
from campfire_chat.features.history.endpoints import ENDPOINTS
from campfire_chat.features.history.service import HistoryService


def _services(parts: Parts) -> Iterable[object]:
    yield HistoryService(parts.storage, parts.services[ConversationService])


HISTORY = Feature("history", endpoints=ENDPOINTS, services=_services)
