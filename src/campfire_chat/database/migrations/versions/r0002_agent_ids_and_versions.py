"""Visitors learn neither the host's ids of agents nor what a message said before it was edited.

Agents get ids of the desk's own, in every table and in every event that was stored. The earlier
texts of messages move from the events to a table of their own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from campfire_chat.database.migrations.history import rewrite_history

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
#: Older code would write the host's ids again.
oldest = "0002"


def upgrade() -> None:
    op.create_table(
        "campfire_message_versions",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "message_id", "number"),
    )
    # Filled before the new table takes the place of the old one: a column that may not be empty
    # cannot be added to rows, nor a constraint to a table of SQLite.
    op.create_table(
        "campfire_agents_0002",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("availability", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "agent_id"),
        sa.UniqueConstraint("org_id", "external_id"),
    )
    op.execute(
        "INSERT INTO campfire_agents_0002 (org_id, agent_id, external_id, name, avatar_url, email, "
        "role, availability, created_at) SELECT org_id, agent_id, agent_id, name, avatar_url, "
        "email, role, availability, created_at FROM campfire_agents"
    )
    op.drop_table("campfire_agents")
    op.rename_table("campfire_agents_0002", "campfire_agents")


#: Run after the statements above.
rewrite = rewrite_history
