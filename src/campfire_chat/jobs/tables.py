"""The tables of jobs."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from campfire_chat.database.tables import metadata

#: Which rows of ``jobs`` still wait to be begun, and so are unique by their key.
JOB_WAITS = "job_key IS NOT NULL AND lease IS NULL AND parked_at IS NULL"


jobs = Table(
    "campfire_jobs",
    metadata,
    Column("org_id", String, nullable=False),
    Column("job_id", String, nullable=False),
    Column("kind", String, nullable=False),
    # Among the jobs of a kind that wait to be begun there is one for a key.
    Column("job_key", String),
    Column("arguments", Text, nullable=False),
    # When a process may claim it: its time, or the end of the lease; NULL once it is parked.
    Column("due_at", BigInteger),
    # Names the claim of the process that runs it; whoever finishes it has to hold this.
    Column("lease", String),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("error", Text),
    Column("parked_at", BigInteger),
    PrimaryKeyConstraint("org_id", "job_id"),
    # What is due, over all organisations, without looking at what is not.
    Index(
        "campfire_jobs_due",
        "due_at",
        "org_id",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "campfire_jobs_key",
        "org_id",
        "kind",
        "job_key",
        unique=True,
        sqlite_where=text(JOB_WAITS),
        postgresql_where=text(JOB_WAITS),
    ),
    Index(
        "campfire_jobs_parked",
        "org_id",
        "parked_at",
        sqlite_where=text("parked_at IS NOT NULL"),
        postgresql_where=text("parked_at IS NOT NULL"),
    ),
)


schedules = Table(
    "campfire_schedules",
    metadata,
    Column("org_id", String, nullable=False),
    Column("name", String, nullable=False),
    # The beginning of the latest slot for which a job was made.
    Column("slot", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "name"),
    sqlite_with_rowid=False,
)
