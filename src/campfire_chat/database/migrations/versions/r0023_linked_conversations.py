"""Which conversation goes on in which later one. None of those that are there does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"


def upgrade() -> None:
    for name in ("continues_id", "continued_in_id"):
        op.add_column("campfire_conversations", sa.Column(name, sa.String(), nullable=True))


def downgrade() -> None:
    for name in ("continued_in_id", "continues_id"):
        op.drop_column("campfire_conversations", name)
