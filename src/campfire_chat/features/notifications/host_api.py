"""Notifications, for the code of the host app."""

from __future__ import annotations

from datetime import datetime

from campfire_chat.features.notifications.records import Notification, NotificationCount
from campfire_chat.http.in_process import InProcess, time_text
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class NotificationsApi:
    """What one agent is told of."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(
        self, *, unread: bool = False, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Notification]:
        """A page of the agent's notifications, the newest first.

        Args:
            unread: Only those that the agent has not read.

        Raises:
            ForbiddenError: The caller is told of nothing.
        """
        return await self._caller.call(
            "list_notifications", query={"unread": unread, "cursor": cursor, "limit": limit}
        )

    async def count(self) -> NotificationCount:
        """How many notifications of the agent are unread, counted up to 1,000.

        Raises:
            ForbiddenError: The caller is told of nothing.
        """
        return await self._caller.call("count_notifications")

    async def mark_read(
        self, *, conversation_id: str | None = None, until: datetime | None = None
    ) -> NotificationCount:
        """Mark notifications of the agent as read, and say how many are left.

        Args:
            conversation_id: Those of this conversation; None for all.
            until: Only those that are not newer; a time with its zone. None for all.

        Raises:
            ForbiddenError: The caller is told of nothing.
        """
        return await self._caller.call(
            "read_notifications",
            body={"conversation_id": conversation_id, "until": time_text(until, field="until")},
        )
