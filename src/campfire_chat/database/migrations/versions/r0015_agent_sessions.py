"""The sessions of agents that go on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0013"


def upgrade() -> None:
    op.create_table(
        "campfire_agent_sessions",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "agent_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("campfire_agent_sessions")
