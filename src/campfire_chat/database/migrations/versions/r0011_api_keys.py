"""API keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0008"


def upgrade() -> None:
    op.create_table(
        "campfire_api_keys",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("access_labels", sa.Text()),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("previous_digest", sa.String()),
        sa.Column("previous_until", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("rotated_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "key_id"),
    )
    op.create_index("campfire_api_keys_id", "campfire_api_keys", ["key_id"])


def downgrade() -> None:
    op.drop_index("campfire_api_keys_id", table_name="campfire_api_keys")
    op.drop_table("campfire_api_keys")
