"""Visitors as a feature: how they get their tokens."""

from __future__ import annotations

from campfire_chat.feature import Feature
from campfire_chat.features.visitors.endpoints import ENDPOINTS

VISITORS = Feature("visitors", endpoints=ENDPOINTS)
