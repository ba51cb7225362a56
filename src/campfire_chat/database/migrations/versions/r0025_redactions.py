"""When a part of a message was removed for good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"


def upgrade() -> None:
    op.add_column("campfire_messages", sa.Column("redacted_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("campfire_messages", "redacted_at")
