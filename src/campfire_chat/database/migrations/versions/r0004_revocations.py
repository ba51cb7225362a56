"""Revocations: from when on a visitor's tokens count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0002"


def upgrade() -> None:
    op.create_table(
        "campfire_revocations",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("visitor_id", sa.String(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "visitor_id"),
    )
    op.create_index("campfire_revocations_number", "campfire_revocations", ["number"])


def downgrade() -> None:
    op.drop_index("campfire_revocations_number", table_name="campfire_revocations")
    op.drop_table("campfire_revocations")
