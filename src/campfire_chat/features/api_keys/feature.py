"""API keys as a feature: what the host app's own servers and scripts use the API with."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.agents.service import AgentService
from campfire_chat.features.api_keys.endpoints import ENDPOINTS
from campfire_chat.features.api_keys.events import EVENTS
from campfire_chat.features.api_keys.service import ApiKeyService


def _services(parts: Parts) -> Iterable[object]:
    yield ApiKeyService(parts.storage, parts.services[AgentService], parts.tokens, parts.host)


API_KEYS = Feature("api_keys", events=EVENTS, endpoints=ENDPOINTS, services=_services)
