"""The first revision: all tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
#: The oldest revision whose code can run on the tables as they are after this one.
oldest = "0001"


def upgrade() -> None:
    op.create_table(
        "campfire_agents",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("availability", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "agent_id"),
    )
    op.create_table(
        "campfire_contacts",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "contact_id"),
        sa.UniqueConstraint("org_id", "external_id"),
    )
    op.create_table(
        "campfire_conversations",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("assignee_id", sa.String(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("last_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_activity_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("first_response_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("reopen_count", sa.Integer(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("notes_head", sa.BigInteger(), nullable=False),
        sa.Column("visitor_messages", sa.Integer(), nullable=False),
        sa.Column("agent_messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "conversation_id"),
    )
    op.create_index(
        "campfire_conversations_assignee",
        "campfire_conversations",
        ["org_id", "status", "assignee_id", "last_activity_at"],
        unique=False,
    )
    op.create_index(
        "campfire_conversations_contact",
        "campfire_conversations",
        ["org_id", "contact_id"],
        unique=False,
    )
    op.create_index(
        "campfire_conversations_snoozed",
        "campfire_conversations",
        ["snoozed_until"],
        unique=False,
        sqlite_where=sa.text("snoozed_until IS NOT NULL"),
        postgresql_where=sa.text("snoozed_until IS NOT NULL"),
    )
    op.create_index(
        "campfire_conversations_status",
        "campfire_conversations",
        ["org_id", "status", "last_activity_at"],
        unique=False,
    )
    op.create_table(
        "campfire_events",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "stream", "seq"),
    )
    op.create_index(
        "campfire_events_message", "campfire_events", ["org_id", "message_id"], unique=False
    )
    op.create_table(
        "campfire_idempotency",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("client_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "client_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campfire_messages",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("client_key", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sender_kind", sa.String(), nullable=False),
        sa.Column("sender_id", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=True),
        sa.Column("sender_avatar_url", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "conversation_id", "visibility", "seq"),
        sa.UniqueConstraint("org_id", "client_key"),
        sa.UniqueConstraint("org_id", "message_id"),
    )
    op.create_table(
        "campfire_nodes",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("bus", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campfire_presence",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("participant_kind", sa.String(), nullable=False),
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "place", "participant_kind", "participant_id", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campfire_receipts",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("participant_kind", sa.String(), nullable=False),
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("participant_name", sa.String(), nullable=True),
        sa.Column("participant_avatar_url", sa.String(), nullable=True),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("read_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "conversation_id", "participant_kind", "participant_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campfire_settings",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "key"),
    )
    op.create_table(
        "campfire_streams",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "stream"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campfire_usage",
        sa.Column("org_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "key", "node_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("campfire_usage")
    op.drop_table("campfire_streams")
    op.drop_table("campfire_settings")
    op.drop_table("campfire_receipts")
    op.drop_table("campfire_presence")
    op.drop_table("campfire_nodes")
    op.drop_table("campfire_messages")
    op.drop_table("campfire_idempotency")
    op.drop_index("campfire_events_message", table_name="campfire_events")
    op.drop_table("campfire_events")
    op.drop_index("campfire_conversations_status", table_name="campfire_conversations")
    op.drop_index(
        "campfire_conversations_snoozed",
        table_name="campfire_conversations",
        sqlite_where=sa.text("snoozed_until IS NOT NULL"),
        postgresql_where=sa.text("snoozed_until IS NOT NULL"),
    )
    op.drop_index("campfire_conversations_contact", table_name="campfire_conversations")
    op.drop_index("campfire_conversations_assignee", table_name="campfire_conversations")
    op.drop_table("campfire_conversations")
    op.drop_table("campfire_contacts")
    op.drop_table("campfire_agents")
