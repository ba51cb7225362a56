"""Who has snoozed a conversation. Of those that are snoozed already it is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"


def upgrade() -> None:
    op.add_column("campfire_conversations", sa.Column("snoozed_by", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("campfire_conversations", "snoozed_by")
