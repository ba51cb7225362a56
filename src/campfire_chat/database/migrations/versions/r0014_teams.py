"""Teams, who is in them, the team of a conversation, and whom notes mention."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0013"

_OF_A_TEAM = sa.text("team_id IS NOT NULL")
_WAITING = sa.text("team_id IS NOT NULL AND waiting_since IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "campfire_teams",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "team_id"),
        sa.UniqueConstraint("org_id", "name_key"),
    )
    op.create_table(
        "campfire_team_members",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "team_id", "agent_id"),
    )
    op.create_table(
        "campfire_mentions",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("mentioned_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "message_id", "mentioned_id"),
    )
    op.add_column("campfire_conversations", sa.Column("team_id", sa.String(), nullable=True))
    op.create_index(
        "campfire_conversations_team",
        "campfire_conversations",
        ["org_id", "team_id", "status", "last_activity_at"],
        sqlite_where=_OF_A_TEAM,
        postgresql_where=_OF_A_TEAM,
    )
    op.create_index(
        "campfire_conversations_team_waiting",
        "campfire_conversations",
        ["org_id", "team_id", "status", "waiting_since", "conversation_id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_index("campfire_conversations_team_waiting", "campfire_conversations")
    op.drop_index("campfire_conversations_team", "campfire_conversations")
    op.drop_column("campfire_conversations", "team_id")
    op.drop_table("campfire_mentions")
    op.drop_table("campfire_team_members")
    op.drop_table("campfire_teams")
