"""Saved replies as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.saved_replies.endpoints import ENDPOINTS
from campfire_chat.features.saved_replies.events import EVENTS
from campfire_chat.features.saved_replies.service import SavedReplyService


def _services(parts: Parts) -> Iterable[object]:
    yield SavedReplyService(parts.storage)


SAVED_REPLIES = Feature("saved_replies", events=EVENTS, endpoints=ENDPOINTS, services=_services)
