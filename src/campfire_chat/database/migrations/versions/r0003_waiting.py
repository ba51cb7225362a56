"""The queue: conversations in which a visitor waits for an answer, by how long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0002"

_WAITING = sa.text("waiting_since IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "campfire_conversations_waiting",
        "campfire_conversations",
        ["org_id", "status", "waiting_since", "conversation_id"],
        unique=False,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "campfire_conversations_assignee_waiting",
        "campfire_conversations",
        ["org_id", "status", "assignee_id", "waiting_since", "conversation_id"],
        unique=False,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
