"""The events of notifications. Only the agent who is told gets them, and they say no text."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from campfire_chat.features.conversations.streams import NOTES
from campfire_chat.features.notifications.records import NotificationKind
from campfire_chat.ledger.events import EventType


class NotificationCreated(Struct, frozen=True, kw_only=True):
    """The agent whose stream this is has a new notification.

    Attributes:
        id: Of the notification. It is unread now, also if it was there before.
        access_labels: Those of the conversation. An agent who may not see it learns nothing.
    """

    id: str
    kind: NotificationKind
    conversation_id: str
    access_labels: list[str]


class NotificationsRead(Struct, frozen=True, kw_only=True):
    """The agent whose stream this is has dealt with notifications, here or on another device.

    It does not say with which: the agent may not see their conversations any more.
    """


NOTIFICATION_CREATED: Final = EventType(
    "notification.created",
    ("agent",),
    NotificationCreated,
    audience=lambda data: NOTES.name(data["conversation_id"]),
)
NOTIFICATIONS_READ_EVENT: Final = EventType("notification.read", ("agent",), NotificationsRead)

EVENTS: Final = (NOTIFICATION_CREATED, NOTIFICATIONS_READ_EVENT)
