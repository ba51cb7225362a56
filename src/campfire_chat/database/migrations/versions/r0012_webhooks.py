"""Webhooks, their deliveries, and the attempts of these."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0008"

_DUE = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "campfire_webhooks",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=True),
        sa.Column("text_choice", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pause_reason", sa.String(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("old_secret", sa.String(), nullable=True),
        sa.Column("old_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("hold_until", sa.BigInteger(), nullable=True),
        sa.Column("sender", sa.String(), nullable=True),
        sa.Column("sender_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "webhook_id"),
    )
    op.create_table(
        "campfire_webhook_deliveries",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "webhook_id", "delivery_id"),
    )
    op.create_index(
        "campfire_webhook_deliveries_due",
        "campfire_webhook_deliveries",
        ["org_id", "webhook_id", "next_at"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )
    op.create_index(
        "campfire_webhook_deliveries_state",
        "campfire_webhook_deliveries",
        ["org_id", "webhook_id", "state", "delivery_id"],
    )
    op.create_index(
        "campfire_webhook_deliveries_age", "campfire_webhook_deliveries", ["created_at"]
    )
    op.create_table(
        "campfire_webhook_attempts",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "webhook_id", "delivery_id", "number"),
    )
    op.create_index("campfire_webhook_attempts_age", "campfire_webhook_attempts", ["at"])


def downgrade() -> None:
    op.drop_table("campfire_webhook_attempts")
    op.drop_table("campfire_webhook_deliveries")
    op.drop_table("campfire_webhooks")
