"""Feed: what each commit appended to the streams of its organisation, and who has read how far.

What was written before is not in the feed: of those commits only the order within each stream is
known. Their events stay where they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
#: The code before it writes events without their place in the feed.
oldest = "0006"


def upgrade() -> None:
    op.drop_index("campfire_events_message", table_name="campfire_events")
    op.execute("ALTER TABLE campfire_events RENAME COLUMN message_id TO text_of")
    op.create_index("campfire_events_text", "campfire_events", ["org_id", "text_of"])
    op.add_column("campfire_events", sa.Column("spans", sa.Text(), nullable=True))
    op.execute("UPDATE campfire_events SET spans = '[]' WHERE stream = 'inbox:' || org_id")
    op.create_table(
        "campfire_consumers",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "consumer"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campfire_held_events",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "hook", "subject", "position", "number"),
        sqlite_with_rowid=False,
    )
