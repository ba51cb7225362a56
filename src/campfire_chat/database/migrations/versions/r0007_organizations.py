"""Organisations, and the settings that people change while campfire-chat runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0006"

#: Tables in which an organisation has a row before it has one in any other table, and the column
#: with the time of a row.
_WITH_ORGANIZATIONS = (
    ("campfire_agents", "created_at"),
    ("campfire_contacts", "created_at"),
    ("campfire_conversations", "created_at"),
    ("campfire_jobs", "created_at"),
    ("campfire_revocations", "not_before"),
)


def upgrade() -> None:
    op.create_table(
        "campfire_organizations",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id"),
    )
    op.create_table(
        "campfire_runtime_settings",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "subject"),
    )
    op.create_index("campfire_runtime_settings_number", "campfire_runtime_settings", ["number"])
    # The whole installation has the empty name; it is no organisation.
    rows = " UNION ALL ".join(
        f"SELECT org_id, min({at}) AS at FROM {table} WHERE org_id <> '' GROUP BY org_id"  # noqa: S608
        for table, at in _WITH_ORGANIZATIONS
    )
    op.execute(
        "INSERT INTO campfire_organizations (org_id, created_at) "  # noqa: S608
        f"SELECT org_id, min(at) FROM ({rows}) AS used GROUP BY org_id"
    )


def downgrade() -> None:
    op.drop_index("campfire_runtime_settings_number", table_name="campfire_runtime_settings")
    op.drop_table("campfire_runtime_settings")
    op.drop_table("campfire_organizations")
