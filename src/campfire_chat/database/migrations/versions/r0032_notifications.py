"""What agents are told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"


def upgrade() -> None:
    op.create_table(
        "campfire_notifications",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("notification_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "agent_id", "notification_id"),
    )
    op.create_index(
        "campfire_notifications_list",
        "campfire_notifications",
        ["org_id", "agent_id", "at", "notification_id"],
    )
    op.create_index(
        "campfire_notifications_unread",
        "campfire_notifications",
        ["org_id", "agent_id", "at", "notification_id"],
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("campfire_notifications_old", "campfire_notifications", ["at"])


def downgrade() -> None:
    op.drop_table("campfire_notifications")
