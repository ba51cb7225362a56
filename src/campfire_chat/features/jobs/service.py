"""The jobs of an organisation, for those who look after it."""

from __future__ import annotations

from msgspec import structs

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import require
from campfire_chat.core import clock
from campfire_chat.core.errors import NotFoundError
from campfire_chat.features.jobs import queries
from campfire_chat.features.jobs.permissions import JOBS_MANAGE
from campfire_chat.features.jobs.queries import Place
from campfire_chat.features.jobs.records import JobRecord, JobState
from campfire_chat.jobs.queue import Queue
from campfire_chat.ledger.storage import Storage


class JobService:
    """See the module. Jobs of the whole installation belong to no organisation: only the command
    line shows them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._queue = Queue(storage.writer, storage.readers, now=storage.now)

    async def parked(
        self, actor: Actor, before: Place | None, limit: int
    ) -> tuple[list[JobRecord], Place | None]:
        """Jobs that have failed for good, the latest first, and where the next page begins.

        Raises:
            ForbiddenError: The caller may not manage jobs.
        """
        require(actor, JOBS_MANAGE)
        found = await self._storage.read(
            lambda session: queries.parked(session, actor.organization, before, limit + 1)
        )
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], (clock.parse_rfc3339(last.parked_at or last.created_at), last.id)

    async def pending(
        self, actor: Actor, before: Place | None, limit: int
    ) -> tuple[list[JobRecord], Place | None]:
        """Jobs that wait or run, the newest first, and where the next page begins.

        Raises:
            ForbiddenError: The caller may not manage jobs.
        """
        require(actor, JOBS_MANAGE)
        after = None if before is None else before[1]
        found = await self._storage.read(
            lambda session: queries.pending(session, actor.organization, after, limit + 1)
        )
        return found[:limit], (0, found[limit - 1].id) if len(found) > limit else None

    async def retry(self, actor: Actor, job_id: str) -> JobRecord:
        """Try a parked job again, from its first attempt; any other one stays as it is.

        Raises:
            ForbiddenError: The caller may not manage jobs.
            NotFoundError: There is no such job in the organisation. It may have been done.
        """
        found = await self._find(actor, job_id)
        if found.state is not JobState.PARKED:
            return found
        now = clock.rfc3339(self._storage.now())
        if not await self._queue.restart(actor.organization, job_id):
            # Somebody else was faster.
            return await self._find(actor, job_id)
        return structs.replace(
            found, state=JobState.WAITING, attempts=0, error=None, due_at=now, parked_at=None
        )

    async def drop(self, actor: Actor, job_id: str) -> JobRecord:
        """Remove a parked job, and return it as it was.

        Raises:
            ForbiddenError: The caller may not manage jobs.
            NotFoundError: There is no such parked job in the organisation.
        """
        found = await self._find(actor, job_id)
        if not await self._queue.drop(actor.organization, job_id):
            raise NotFoundError("There is no such parked job.")
        return found

    async def _find(self, actor: Actor, job_id: str) -> JobRecord:
        require(actor, JOBS_MANAGE)
        found = await self._storage.read(
            lambda session: queries.find(session, actor.organization, job_id)
        )
        if found is None:
            raise NotFoundError("There is no such job. It may have been done.")
        return found
