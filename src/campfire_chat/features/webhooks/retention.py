"""Deletes deliveries and attempts that are older than :data:`rules.KEPT`."""

from __future__ import annotations

from campfire_chat.core.clock import SECOND
from campfire_chat.features.webhooks import queries, rules
from campfire_chat.jobs.job import Job
from campfire_chat.jobs.retention import Nothing, delete_older
from campfire_chat.ledger.storage import Storage


class WebhookRetention:
    """See the module. A delivery that still waits then, since its webhook is paused, goes too."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def expire(self, job: Job[Nothing]) -> None:
        lanes = self._storage.writer, self._storage.readers
        before = self._storage.now() - rules.KEPT * SECOND
        await delete_older(*lanes, queries.OLD_DELIVERIES, queries.DELETE_DELIVERIES, before)
        await delete_older(*lanes, queries.OLD_ATTEMPTS, queries.DELETE_ATTEMPTS, before)
