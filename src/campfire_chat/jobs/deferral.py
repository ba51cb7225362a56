"""Deferring: a job is written by the very commit that makes it necessary."""

from __future__ import annotations

from campfire_chat.core import ids
from campfire_chat.database.prepared import Row
from campfire_chat.jobs import statements
from campfire_chat.ledger.write_batch import WriteBatch

#: Characters of an error that are kept.
MAX_ERROR = 1000


def defer(
    batch: WriteBatch, organization: str, kind: str, arguments: str, run_at: int, key: str | None
) -> None:
    """Add a job to a batch; see :meth:`campfire_chat.jobs.job.JobKind.defer`.

    Args:
        kind: The name of the kind.
        arguments: JSON.
    """
    job_id = ids.new(ids.JOB)
    row = (
        *(organization, job_id, kind, key, arguments, run_at),
        *(None, 0, batch.now, None, None),
    )
    # Two jobs of one key cannot be written by one statement; the later one counts.
    place = (organization, kind, job_id if key is None else f"key {key}")
    batch.upsert(statements.INSERT_JOBS, place, row)
    batch.work_waits(run_at)


def row(organization: str, kind: str, arguments: str, now: int) -> Row:
    """The columns of ``campfire_jobs`` for a job without a key that is due at once, in their
    order: for a transaction that is not the desk's own."""
    return (
        *(organization, ids.new(ids.JOB), kind, None, arguments, now),
        *(None, 0, now, None, None),
    )


def park(
    batch: WriteBatch, organization: str, kind: str, arguments: str, *, attempts: int, error: str
) -> None:
    """Add a job to a batch that is parked from the beginning: something was tried without a job,
    and a person has to see that it failed.

    Args:
        kind: The name of the kind, which does the work when the job is started again.
        arguments: JSON.
        attempts: How often it was tried.
    """
    row = (
        *(organization, ids.new(ids.JOB), kind, None, arguments, None),
        *(None, attempts, batch.now, error[:MAX_ERROR], batch.now),
    )
    batch.insert(statements.INSERT_PARKED, row)
