"""Jobs, for the code of the host app."""

from __future__ import annotations

from campfire_chat.features.jobs.endpoints import JobGroup
from campfire_chat.features.jobs.records import JobRecord
from campfire_chat.http.in_process import InProcess
from campfire_chat.http.pagination import DEFAULT_LIMIT, Page


class JobsApi:
    """What one caller may do with the jobs of the organisation."""

    def __init__(self, caller: InProcess) -> None:
        self._caller = caller

    async def list(
        self,
        *,
        state: JobGroup = JobGroup.PARKED,
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[JobRecord]:
        """A page of the jobs that were parked, or of those that wait or run."""
        return await self._caller.call(
            "list_jobs", query={"state": state, "cursor": cursor, "limit": limit}
        )

    async def retry(self, job_id: str) -> JobRecord:
        """Try a parked job again, from its first attempt.

        Raises:
            NotFoundError: There is no such job. It may have been done.
        """
        return await self._caller.call("retry_job", path={"job_id": job_id})

    async def drop(self, job_id: str) -> JobRecord:
        """Remove a parked job, and return it as it was.

        Raises:
            NotFoundError: There is no such parked job.
        """
        return await self._caller.call("drop_job", path={"job_id": job_id})
