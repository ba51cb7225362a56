"""Teams as a feature."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.teams.endpoints import ENDPOINTS
from campfire_chat.features.teams.events import EVENTS
from campfire_chat.features.teams.service import TeamService


def _services(parts: Parts) -> Iterable[object]:
    yield TeamService(parts.storage)


TEAMS = Feature("teams", events=EVENTS, endpoints=ENDPOINTS, services=_services)
