"""The events of API keys."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.core.scalars import Timestamp
from campfire_chat.ledger.events import EventType


class ApiKeyChanged(Struct, frozen=True, kw_only=True):
    """An API key was created, rotated or revoked.

    Attributes:
        id: The key.
        permissions: What it may do, or could.
        expires_at: When it ends; null if it does not.
        actor: Who did it.
    """

    id: str
    name: str
    permissions: list[str]
    expires_at: Timestamp | None
    actor: Participant


API_KEY_CREATED: Final = EventType("api_key.created", ("inbox",), ApiKeyChanged)
API_KEY_ROTATED: Final = EventType("api_key.rotated", ("inbox",), ApiKeyChanged)
API_KEY_REVOKED: Final = EventType("api_key.revoked", ("inbox",), ApiKeyChanged)

EVENTS: Final = (API_KEY_CREATED, API_KEY_ROTATED, API_KEY_REVOKED)
