"""Contacts can be blocked. Those that are there are not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"


def upgrade() -> None:
    op.add_column(
        "campfire_contacts",
        sa.Column("blocked", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("campfire_contacts", "blocked")
