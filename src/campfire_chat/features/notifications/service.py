"""Notifications, for the API."""

from __future__ import annotations

from collections.abc import Iterable

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core.clock import SECOND
from campfire_chat.feature import Service
from campfire_chat.features.notifications import queries, rules
from campfire_chat.features.notifications.consumer import NotificationFeed
from campfire_chat.features.notifications.job_kinds import DAILY, EXPIRE
from campfire_chat.features.notifications.operations import MarkRead
from campfire_chat.features.notifications.permissions import NOTIFICATIONS_READ
from campfire_chat.features.notifications.queries import Place
from campfire_chat.features.notifications.records import Notification, NotificationCount
from campfire_chat.features.organizations.service import SettingsService
from campfire_chat.feed.consumer import Consumer
from campfire_chat.jobs.job import Job, Work
from campfire_chat.jobs.retention import Nothing, delete_older
from campfire_chat.jobs.schedule import Schedule
from campfire_chat.ledger.storage import Storage


class NotificationService(Service):
    """See the module. Each agent sees their own alone."""

    def __init__(self, storage: Storage, settings: SettingsService) -> None:
        self._storage = storage
        self._feed = NotificationFeed(storage, settings)

    def consumers(self) -> Iterable[Consumer]:
        return (self._feed.consumer,)

    def works(self) -> Iterable[Work]:
        return (EXPIRE.done_by(self._expire),)

    def schedules(self) -> Iterable[Schedule]:
        return (DAILY,)

    async def _expire(self, job: Job[Nothing]) -> None:
        before = self._storage.now() - rules.KEPT * SECOND
        await delete_older(
            *(self._storage.writer, self._storage.readers), queries.OLD, queries.DELETE, before
        )

    async def page(
        self, actor: Actor, *, unread: bool, before: Place | None, limit: int
    ) -> tuple[list[Notification], Place | None]:
        """A page of what the caller is told of, the newest first, and where the next one begins.

        Args:
            unread: Only what the caller has not dealt with.

        Raises:
            ForbiddenError: The caller is told of nothing.
        """
        require(actor, NOTIFICATIONS_READ)
        return await self._storage.read(
            lambda session: queries.page(session, actor, unread=unread, before=before, limit=limit)
        )

    async def count(self, actor: Actor) -> NotificationCount:
        """How many of them are unread.

        Raises:
            ForbiddenError: The caller is told of nothing.
        """
        require(actor, NOTIFICATIONS_READ)
        unread = await self._storage.read(lambda session: queries.count(session, actor))
        return NotificationCount(unread=unread)

    async def mark_read(
        self, actor: Actor, *, conversation_id: str | None, until: int | None
    ) -> NotificationCount:
        """Mark notifications as read, and say how many are left.

        Args:
            conversation_id: Those of this conversation; None for all. One that the caller may not
                see is no error: its notifications are the caller's own.
            until: Only those from then or before, in microseconds since 1970; None for all.

        Raises:
            ForbiddenError: The caller is told of nothing.
        """
        require(actor, NOTIFICATIONS_READ)
        await self._storage.submit(MarkRead(actor, conversation_id, until))
        return await self.count(actor)
