"""The events of webhooks. They never show a URL, which may hold a key."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from campfire_chat.access.records import Participant
from campfire_chat.features.webhooks.records import PauseReason
from campfire_chat.ledger.events import EventType


class WebhookChange(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    ROTATED = "rotated"
    DELETED = "deleted"


class WebhookChanged(Struct, frozen=True, kw_only=True):
    """Somebody has created, changed or deleted a webhook, or given it a new secret.

    Attributes:
        id: The webhook.
        actor: Who did it.
    """

    id: str
    change: WebhookChange
    actor: Participant


class WebhookPaused(Struct, frozen=True, kw_only=True):
    """A webhook sends nothing until somebody makes it active again.

    Attributes:
        id: The webhook.
        description: What its creator has written.
    """

    id: str
    description: str
    reason: PauseReason


WEBHOOK_CHANGED: Final = EventType("webhook.changed", ("inbox",), WebhookChanged)
WEBHOOK_PAUSED: Final = EventType("webhook.paused", ("inbox",), WebhookPaused)

EVENTS: Final = (WEBHOOK_CHANGED, WEBHOOK_PAUSED)
