"""What somebody may be allowed to do with notifications."""

from __future__ import annotations

from campfire_chat.access.permissions import Permission
from campfire_chat.access.records import Role

NOTIFICATIONS_READ = Permission(
    "notifications.read",
    "See what one is told of, and mark it as read.",
    least=Role.VIEWER,
)
