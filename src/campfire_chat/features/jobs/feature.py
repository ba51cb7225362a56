"""Jobs as a feature: those of an organisation, for its owners and admins."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.feature import Feature, Parts
from campfire_chat.features.jobs.endpoints import ENDPOINTS
from campfire_chat.features.jobs.service import JobService


def _services(parts: Parts) -> Iterable[object]:
    yield JobService(parts.storage)


JOBS = Feature("jobs", endpoints=ENDPOINTS, services=_services)
