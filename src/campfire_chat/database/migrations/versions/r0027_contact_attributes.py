"""Attributes of contacts, and an index of their values. Those that are there have none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0016"

_BY_CHARACTER = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "campfire_contacts",
        sa.Column("attributes", sa.Text(), nullable=False, server_default="{}"),
    )
    op.create_table(
        "campfire_contact_values",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("value", _BY_CHARACTER, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "contact_id", "attribute"),
    )
    op.create_index(
        "campfire_contact_values_found",
        "campfire_contact_values",
        ["org_id", "attribute", "value", "contact_id"],
    )


def downgrade() -> None:
    op.drop_table("campfire_contact_values")
    op.drop_column("campfire_contacts", "attributes")
