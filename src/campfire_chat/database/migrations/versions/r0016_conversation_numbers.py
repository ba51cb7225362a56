"""Numbers of conversations, given to those that are there in the order in which they began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one. Older code would
#: begin conversations without a number.
oldest = "0016"


def upgrade() -> None:
    op.create_table(
        "campfire_conversation_numbers",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "number"),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "campfire_conversations",
        sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.execute(
        "INSERT INTO campfire_conversation_numbers (org_id, number, conversation_id) "
        "SELECT org_id, "
        "row_number() OVER (PARTITION BY org_id ORDER BY created_at, conversation_id), "
        "conversation_id FROM campfire_conversations"
    )
    op.execute(
        "UPDATE campfire_conversations SET number = numbers.number "
        "FROM campfire_conversation_numbers AS numbers "
        "WHERE numbers.org_id = campfire_conversations.org_id "
        "AND numbers.conversation_id = campfire_conversations.conversation_id"
    )


def downgrade() -> None:
    op.drop_column("campfire_conversations", "number")
    op.drop_table("campfire_conversation_numbers")
