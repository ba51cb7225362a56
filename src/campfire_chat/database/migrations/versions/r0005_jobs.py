"""Jobs: work that is done later, and the end of each snooze as the first of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
#: Before it, a snooze makes no job and would never end.
oldest = "0005"

_DUE = sa.text("due_at IS NOT NULL")
_WAITS = sa.text("job_key IS NOT NULL AND lease IS NULL AND parked_at IS NULL")
_PARKED = sa.text("parked_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "campfire_jobs",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("job_key", sa.String(), nullable=True),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("parked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "job_id"),
    )
    op.create_index(
        "campfire_jobs_due",
        "campfire_jobs",
        ["due_at", "org_id"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )
    op.create_index(
        "campfire_jobs_key",
        "campfire_jobs",
        ["org_id", "kind", "job_key"],
        unique=True,
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_index(
        "campfire_jobs_parked",
        "campfire_jobs",
        ["org_id", "parked_at"],
        sqlite_where=_PARKED,
        postgresql_where=_PARKED,
    )
    op.create_table(
        "campfire_schedules",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "name"),
        sqlite_with_rowid=False,
    )
    op.execute(
        """
        INSERT INTO campfire_jobs
            (org_id, job_id, kind, job_key, arguments, due_at, attempts, created_at)
        SELECT org_id, 'job_' || substr(conversation_id, 6), 'conversation.wake', conversation_id,
            '{"conversation_id":"' || conversation_id || '"}', snoozed_until, 0, last_at
        FROM campfire_conversations
        WHERE status = 'snoozed' AND snoozed_until IS NOT NULL
        """
    )
    op.drop_index("campfire_conversations_snoozed", "campfire_conversations")
