"""Digests of what messages said before a function of the host app changed them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0008"


def upgrade() -> None:
    op.create_table(
        "campfire_message_originals",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("client_key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "client_key"),
    )
