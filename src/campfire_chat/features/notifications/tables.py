"""The table of notifications."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table, Text, text

from campfire_chat.database.tables import metadata

notifications = Table(
    "campfire_notifications",
    metadata,
    Column("org_id", String, nullable=False),
    Column("agent_id", String, nullable=False),
    # Made from what it is about, so that telling of the same again changes nothing.
    Column("notification_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("conversation_id", String, nullable=False),
    # The message that it is about.
    Column("message_id", String),
    # Who did it; NULL for the contact of the conversation, whose name is found there.
    Column("actor", Text),
    Column("at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
    PrimaryKeyConstraint("org_id", "agent_id", "notification_id"),
    # For the list of an agent, the newest first.
    Index("campfire_notifications_list", "org_id", "agent_id", "at", "notification_id"),
    # Few are unread: for their number, and for the list of them.
    Index(
        "campfire_notifications_unread",
        *("org_id", "agent_id", "at", "notification_id"),
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
    # For what is deleted after a time.
    Index("campfire_notifications_old", "at"),
)
