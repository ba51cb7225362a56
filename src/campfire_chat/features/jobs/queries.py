"""Queries for the jobs of one organisation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, String, literal, select, tuple_

from campfire_chat.core import clock
from campfire_chat.database.lanes import Session
from campfire_chat.features.jobs.records import JobRecord, JobState
from campfire_chat.jobs.tables import jobs

_j = jobs.c
_COLUMNS = (
    *(_j.job_id, _j.kind, _j.lease, _j.attempts, _j.error),
    *(_j.created_at, _j.due_at, _j.parked_at),
)

#: Where a page of a list ends: when the last job was parked, in microseconds, and its id.
Place = tuple[int, str]


async def parked(
    session: Session, organization: str, before: Place | None, limit: int
) -> list[JobRecord]:
    """Jobs that have failed for good, the latest first."""
    wanted = (
        select(*_COLUMNS)
        .where(_j.org_id == organization, _j.parked_at.is_not(None))
        .order_by(_j.parked_at.desc(), _j.job_id.desc())
        .limit(limit)
    )
    if before is not None:
        place = tuple_(literal(before[0], BigInteger), literal(before[1], String))
        wanted = wanted.where(tuple_(_j.parked_at, _j.job_id) < place)
    return [_record(row) for row in await session.all(wanted)]


async def pending(
    session: Session, organization: str, before: str | None, limit: int
) -> list[JobRecord]:
    """Jobs that wait or run, the newest first."""
    wanted = (
        select(*_COLUMNS)
        .where(_j.org_id == organization, _j.parked_at.is_(None))
        .order_by(_j.job_id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(_j.job_id < before)
    return [_record(row) for row in await session.all(wanted)]


async def find(session: Session, organization: str, job_id: str) -> JobRecord | None:
    row = await session.first(
        select(*_COLUMNS).where(_j.org_id == organization, _j.job_id == job_id)
    )
    return None if row is None else _record(row)


def _record(row: Any) -> JobRecord:
    if row["parked_at"] is not None:
        state = JobState.PARKED
    else:
        state = JobState.WAITING if row["lease"] is None else JobState.RUNNING
    # Of a job that runs, it is the end of the lease.
    due_at = row["due_at"] if state is JobState.WAITING else None
    return JobRecord(
        id=row["job_id"],
        kind=row["kind"],
        state=state,
        attempts=row["attempts"],
        error=row["error"],
        created_at=clock.rfc3339(row["created_at"]),
        due_at=clock.rfc3339_or_none(due_at),
        parked_at=clock.rfc3339_or_none(row["parked_at"]),
    )
