"""Webhooks as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.webhooks.endpoints import ENDPOINTS
from campfire_chat.features.webhooks.events import EVENTS
from campfire_chat.features.webhooks.job_kinds import EXPIRE, REPLAY, SEND
from campfire_chat.features.webhooks.service import WebhookService


def _services(parts: Parts) -> Iterable[object]:
    yield WebhookService(parts.storage, parts.bus, parts.settings)


WEBHOOKS = Feature(
    "webhooks",
    events=EVENTS,
    endpoints=ENDPOINTS,
    jobs=(SEND, REPLAY, EXPIRE),
    services=_services,
)
