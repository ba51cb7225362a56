"""Access labels of conversations. A conversation without any is seen by all agents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0008"


def upgrade() -> None:
    op.add_column("campfire_conversations", sa.Column("access_labels", sa.Text()))
