"""The endpoints of jobs: see them, try one again, drop one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from campfire_chat.core.errors import InvalidCursorError, NotFoundError
from campfire_chat.features.jobs.permissions import JOBS_MANAGE
from campfire_chat.features.jobs.records import JobRecord
from campfire_chat.features.jobs.service import JobService
from campfire_chat.http.endpoints import Call, Cost, Endpoint, Reply
from campfire_chat.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    read_cursor,
    write_cursor,
)
from campfire_chat.realtime.frames import EntityId

#: As much as the database can compare.
_Microseconds = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class JobGroup(StrEnum):
    """Jobs that have failed for good, or those that wait or run."""

    PARKED = "parked"
    PENDING = "pending"


class JobList(Struct, frozen=True, kw_only=True):
    state: JobGroup = JobGroup.PARKED
    cursor: Cursor | None = None
    limit: Limit = DEFAULT_LIMIT


async def list_page(call: Call) -> Reply:
    query: JobList = call.query
    service = call.service(JobService)
    page = service.parked if query.state is JobGroup.PARKED else service.pending
    before = read_cursor(query.cursor, tuple[_Microseconds, EntityId])
    records, following = await page(call.actor, before, query.limit)
    return Reply(Page(records, None if following is None else write_cursor(following)))


async def retry(call: Call) -> Reply:
    return Reply(await call.service(JobService).retry(call.actor, call.path["job_id"]))


async def drop(call: Call) -> Reply:
    return Reply(await call.service(JobService).drop(call.actor, call.path["job_id"]))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        operation="list_jobs",
        method="GET",
        path="/jobs",
        permission=JOBS_MANAGE,
        handler=list_page,
        summary="List the jobs of the organisation that were parked, or those that wait or run",
        query=JobList,
        returns={200: Page[JobRecord]},
        errors=(InvalidCursorError,),
    ),
    Endpoint(
        operation="retry_job",
        method="POST",
        path="/jobs/{job_id}/retry",
        permission=JOBS_MANAGE,
        handler=retry,
        summary="Try a parked job again, from its first attempt",
        returns={200: JobRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
    Endpoint(
        operation="drop_job",
        method="DELETE",
        path="/jobs/{job_id}",
        permission=JOBS_MANAGE,
        handler=drop,
        summary="Remove a parked job",
        returns={200: JobRecord},
        errors=(NotFoundError,),
        cost=Cost.WRITE,
    ),
)
