"""Deletes deliveries and attempts that are older than :data:`rules.KEPT`."""

from __future__ import annotations

from campfire_chat.core.clock import SECOND
from campfire_chat.database.statement import BulkDelete, Query
from campfire_chat.features.webhooks import queries, rules
from campfire_chat.jobs.job import Job
from campfire_chat.jobs.retention import Nothing
from campfire_chat.ledger.storage import Storage

#: Rows that are deleted at a time; messages are written in between.
AT_ONCE = 500


class WebhookRetention:
    """See the module. A delivery that still waits then, since its webhook is paused, goes too."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def expire(self, job: Job[Nothing]) -> None:
        before = self._storage.now() - rules.KEPT * SECOND
        await self._delete(queries.OLD_DELIVERIES, queries.DELETE_DELIVERIES, before)
        await self._delete(queries.OLD_ATTEMPTS, queries.DELETE_ATTEMPTS, before)

    async def _delete(self, old: Query, statement: BulkDelete, before: int) -> None:
        while True:
            rows = await self._storage.read(
                lambda session: session.fetch(old, before=before, count=AT_ONCE)
            )
            if not rows:
                return
            keys = [tuple(row) for row in rows]
            await self._storage.writer.run(
                lambda session: session.transaction(
                    lambda _: session.write(statement, keys)  # noqa: B023
                )
            )
