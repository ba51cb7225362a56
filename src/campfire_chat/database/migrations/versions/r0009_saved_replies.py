"""Saved replies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0008"


def upgrade() -> None:
    op.create_table(
        "campfire_saved_replies",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("saved_reply_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("shortcut", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "saved_reply_id"),
        sa.UniqueConstraint("org_id", "owner_id", "shortcut"),
    )


def downgrade() -> None:
    op.drop_table("campfire_saved_replies")
